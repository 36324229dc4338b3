import { jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { World } from '../../test/world.ts';
import { STREAM } from '../subjects.ts';
import { ensureStream, StreamPosition } from './stream.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());
beforeEach(async () => {
  await (await jetstreamManager(world.nc)).streams.delete(STREAM).catch(() => undefined);
});

describe('the stream', () => {
  it('is made once, by however many at once', async () => {
    const connections = await Promise.all(Array.from({ length: 5 }, (_, i) => world.connection(`maker${i}`)));
    await Promise.all([...connections, ...connections].map((nc) => ensureStream(nc)));
    const { config } = await (await jetstreamManager(world.nc)).streams.info(STREAM);
    expect(config).toMatchObject({
      subjects: ['evt.>'], storage: 'file', discard: 'new', max_age: nanos(14 * 86_400_000), duplicate_window: nanos(600_000),
      deny_delete: true, deny_purge: true, allow_direct: true, num_replicas: 1,
    });
    await Promise.all(connections.map((nc) => nc.close()));
  });

  it('that differs is a fault which names every difference', async () => {
    await (await jetstreamManager(world.nc)).streams.add({ name: STREAM, subjects: ['evt.>', 'other'], discard: 'old', allow_direct: true, deny_delete: true, deny_purge: true });
    const fault = await ensureStream(world.nc).catch((error: Error) => error.message);
    for (const difference of ['subjects is ["evt.>","other"] and should be ["evt.>"]', 'discard is "old" and should be "new"', 'max_age', 'duplicate_window'])
      expect(fault).toContain(difference);
    expect(fault).not.toContain('deny_delete');
  });

  it('needs a server that is new enough', async () => {
    const old = Object.create(world.nc, { info: { value: { ...world.nc.info, version: '2.9.10' } } });
    await expect(ensureStream(old)).rejects.toThrow(/needs nats-server 2\.10 or newer.*2\.9\.10/);
  });

  it('has a position, which belongs to this stream alone', async () => {
    await ensureStream(world.nc);
    const first = await new StreamPosition(world.nc).current();
    expect(first).toEqual({ epoch: expect.stringMatching(/^[a-z0-9]{1,16}$/), seq: 0 });
    await world.nc.request('evt.plant.grew.0', '{}');
    expect(await new StreamPosition(world.nc).current()).toEqual({ epoch: first.epoch, seq: 1 });
    await (await jetstreamManager(world.nc)).streams.delete(STREAM);
    await ensureStream(world.nc);
    expect((await new StreamPosition(world.nc).current()).epoch).not.toBe(first.epoch);
  });

  it('is asked for its position once a second, not once a request', async () => {
    await ensureStream(world.nc);
    const position = new StreamPosition(world.nc);
    const before = world.nc.stats().outMsgs;
    await Promise.all(Array.from({ length: 100 }, () => position.current()));
    expect(world.nc.stats().outMsgs - before).toBe(1);
  });
});
