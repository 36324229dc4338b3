import { headers, type Msg } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../../test/world.ts';
import { HeaderBlock } from './header-block.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

async function received(fill: (all: ReturnType<typeof headers>) => void, payload: string): Promise<Msg> {
  const all = headers();
  fill(all);
  const arrival = new Promise<Msg>((resolve) => world.nc.subscribe('letters', { max: 1, callback: (_fault, message) => resolve(message) }));
  world.nc.publish('letters', payload, { headers: all, reply: 'somewhere' });
  return arrival;
}

describe('the headers of a message', () => {
  it('are read as the client library reads them', async () => {
    const message = await received((all) => {
      all.set('ce-id', '42');
      all.set('ce-source', '/mela/garden: the rose');
      all.set('empty', '');
      all.append('twice', 'first');
      all.append('twice', 'second');
      all.set('name', 'Ärmel');
    }, '{"not":"headers"}');
    const library = new Map([...message.headers!].map(([name, values]) => [name, values[0]]));
    expect(new HeaderBlock(message).all()).toEqual(Object.fromEntries(library));
    expect(library.get('name')).toBe('Ärmel');
    expect(new HeaderBlock(message).get('id')).toBeUndefined();
  });

  it('are read where the payload is empty, and where there are none', async () => {
    expect(new HeaderBlock(await received((all) => all.set('ce-id', '1'), '')).all()).toEqual({ 'ce-id': '1' });
    expect(new HeaderBlock(await received(() => undefined, 'NATS/1.0\r\nce-id: 7\r\n\r\n')).all()).toEqual({});
  });

  it('are left to the library when the frame is not laid out as known', () => {
    const all = headers();
    all.set('ce-id', '9');
    const foreign = { subject: 'a', reply: '', data: new Uint8Array(4), size: () => 60, headers: all } as unknown as Msg;
    expect(new HeaderBlock(foreign).all()).toEqual({ 'ce-id': '9' });
    expect(new HeaderBlock(foreign).get('ce-type')).toBeUndefined();
  });
});
