import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuid } from 'uuid';
import { expectEverythingOnce, grow, stored } from '../../test/growing.ts';
import { eventually, World } from '../../test/world.ts';
import { SHARDS } from '../subjects.ts';
import { Doorbell } from './doorbell.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

describe('the relay', () => {
  it('carries every committed event into the stream once, each aggregate in its order, with 50 writers at once', async () => {
    const garden = await world.garden();
    await garden.relay();
    const plants = Array.from({ length: 7 }, () => uuid());
    await grow(garden, plants, 50, 40);
    await expectEverythingOnce(garden, plants);
    const [{ sent }] = (await garden.db.query<{ sent: number }>(
      'SELECT count(*)::int AS sent FROM outbox_sent',
    )) as [{ sent: number }];
    expect(sent).toBe(2000);
    const state = await garden.db.query<{ last_seq: string; last_event_id: string }>('SELECT * FROM relay_state');
    const messages = await stored(world);
    for (const { last_seq, last_event_id } of state) expect(messages.find(({ seq }) => seq === Number(last_seq))?.id).toBe(last_event_id);
    expect(Math.max(...state.map((row) => Number(row.last_seq)))).toBe(messages.at(-1)!.seq);
  });

  it('does so with 50 writers of which some hand over what they wrote, some ring from elsewhere, and some say nothing', async () => {
    const garden = await world.garden();
    const bell = new Doorbell(world.nc, garden.name);
    const relay = await garden.relay(world.nc, bell);
    await eventually(() => relay.health(), ({ recovering, shards }) => shards === SHARDS && !recovering);
    const taken: boolean[] = [];
    const take = relay.take.bind(relay);
    relay.take = (rows) => taken[taken.push(take(rows)) - 1]!;
    const plants = Array.from({ length: 30 }, () => uuid());
    await grow(garden, plants, 50, 40, [bell, bell, new Doorbell(await world.connection('elsewhere'), garden.name), { ring: () => undefined }]);
    await expectEverythingOnce(garden, plants);
    expect(new Set(taken)).toEqual(new Set([true, false]));
  });

  it('loses and doubles nothing when NATS and PostgreSQL are killed under it', async () => {
    const garden = await world.garden();
    const bell = new Doorbell(world.nc, garden.name);
    const relay = await garden.relay(world.nc, bell);
    const plants = Array.from({ length: 20 }, () => uuid());
    const writing = grow(garden, plants, 20, 100, [bell]);
    for (const part of [world.nats, world.postgres, world.nats, world.postgres]) {
      const sent = await garden.count('outbox_sent').catch(() => 0);
      await eventually(() => garden.count('outbox_sent').catch(() => 0), (now) => now > sent + 20 || now >= 2000);
      await part.crash();
      await part.restart();
    }
    await writing;
    await expectEverythingOnce(garden, plants);
    expect(relay.health().shards).toBe(16);
  }, 60_000);

  it('hands its shards to another relay when it dies', async () => {
    const garden = await world.garden();
    const first = await garden.relay();
    await eventually(() => first.health().shards, (shards) => shards === 16);
    const second = await garden.relay();
    expect(second.health().shards).toBe(0);
    await first.stop();
    await eventually(() => second.health().shards, (shards) => shards === 16, 5_000);
    const plant = uuid();
    await garden.emit(plant, 1);
    await eventually(() => garden.count('outbox'), (rows) => rows === 0);
  });
});
