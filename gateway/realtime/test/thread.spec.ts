import { Cursors } from '@mela/bus';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour, SECRET } from './harbour.fixture.ts';

describe('a screen that listens', () => {
  const world = openHarbour();

  it('is welcomed with what it hears without asking', async () => {
    const gateway = await world.gateway();
    const screen = await gateway.open();
    const welcome = await screen.ask({ t: 'connect', token: await world.token(id(7), { seconds: 300 }) });
    expect(welcome).toMatchObject({ i: 1, t: 'connected', ping: 25_000, topics: [`person:${id(7)}`], retryJitter: 500 });
    expect(welcome['cid']).toMatch(/^[\w-]{12}$/);
    expect(Number(welcome['exp']) - Date.now() / 1000).toBeGreaterThan(290);
    await screen.until((frame) => frame.t === 'live' && frame.topic === `person:${id(7)}`);
    expect(world.asked).toEqual([]);
  });

  it('hears an event on each topic that concerns it, with its place in the stream', async () => {
    const gateway = await world.gateway();
    const screen = await gateway.screen(await world.token(id(7)));
    const before = await screen.ask({ t: 'sub', topic: 'dock:north', since: 'anything' });
    expect(before).toMatchObject({ t: 'subd', topic: 'dock:north', recovered: false });
    const sighted = await world.publish({ note: 'three masts', pilotId: id(7) });
    const elsewhere = await world.publish({ dock: 'south' });
    const last = await world.publish();
    await screen.hears(last.id);
    const cursors = new Cursors(SECRET);
    expect(screen.events('dock:north')).toEqual([
      { t: 'ev', topic: 'dock:north', c: expect.any(String), id: sighted.id, type: 'ship.sighted', d: { shipId: id(1), dock: 'north', note: 'three masts', pilotId: id(7) } },
      expect.objectContaining({ id: last.id }),
    ]);
    expect(screen.events(`person:${id(7)}`).map((frame) => frame['id'])).toEqual([sighted.id]);
    expect(screen.events().some((frame) => frame['id'] === elsewhere.id)).toBe(false);
    expect(cursors.open(String(screen.events()[0]!['c']))!.seq).toBe(sighted.seq);
    expect(cursors.open(String(before['to']))!.seq).toBe(sighted.seq - 1);
  });
});
