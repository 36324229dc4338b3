import { jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureStream } from '../src/stream/stream.ts';
import { FILLER_SUBJECT, RESTORED, SHARDS, shardOf, STREAM } from '../src/subjects.ts';
import { Busy, expectAllWell } from './busy.ts';
import { stored } from './growing.ts';
import { StreamStorage } from './stream-storage.ts';
import { eventually, World, type Garden } from './world.ts';

let world: World;
let storage: StreamStorage;
beforeAll(async () => {
  world = await World.open({ durable: true });
  storage = new StreamStorage(world);
});
afterEach(() => world.rest());
afterAll(() => world.close());

async function whileDown(work: () => Promise<void>): Promise<void> {
  await world.nats.crash();
  await work();
  await world.nats.restart();
  await reconnected();
}

const reconnected = () => eventually(() => world.nc.rtt().then(() => true, () => false), (connected) => connected);

const lastSeq = async (): Promise<number> => (await (await jetstreamManager(world.nc)).streams.info(STREAM)).state.last_seq;
const fillers = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) world.nc.publish(FILLER_SUBJECT);
  await world.nc.flush();
};
const allSent = (garden: Garden) => eventually(() => garden.count('outbox'), (rows) => rows === 0, 30_000);
const inStream = async (): Promise<string[]> => [...new Set((await stored(world)).map(({ id }) => id))].sort();

describe('a stream that lost its end', () => {
  it('has everything again, and every consumer applies every event once, while two services go on writing', async () => {
    const busy = await Busy.open(world, 2);
    for (const one of busy) await one.appliesMore();
    await whileDown(() => storage.keep());
    for (const one of busy) await one.appliesMore();
    for (const one of busy) await storage.written(one.consumer);
    await whileDown(() => storage.rewind());
    for (const one of busy) await one.appliesMore();
    await expectAllWell(busy);
    for (const { garden } of busy) {
      expect(await garden.metric('mela_relay_rewinds_total')).toBe(1);
      expect(await garden.metric('mela_relay_put_back_total')).toBeGreaterThan(0);
    }
    const filled = await Promise.all(busy.map(({ garden }) => garden.metric('mela_relay_fillers_total')));
    expect(Math.max(...filled)).toBeGreaterThan(0);
  }, 120_000);

  it('goes on after what it had, with the lost events of the shards that lost some and of no others', async () => {
    const garden = await world.garden();
    await garden.relay();
    const plants = await onePerShard();
    for (const plant of plants) await garden.emit(plant, 1);
    await allSent(garden);
    await whileDown(() => storage.keep());
    for (const plant of plants.slice(0, 5)) await garden.emit(plant, 2);
    await allSent(garden);
    await whileDown(() => storage.rewind());
    await eventually(lastSeq, (seq) => seq === SHARDS + 2 * 5);
    const again = (await stored(world)).filter(({ seq }) => seq > SHARDS);
    expect(again.map(({ aggregate, version }) => [aggregate, version]).sort()).toEqual(plants.slice(0, 5).map((plant) => [plant, 2]).sort());
    expect(Math.min(...again.map(({ seq }) => seq))).toBe(SHARDS + 5 + 1);
    expect(await garden.metric('mela_relay_put_back_total')).toBe(5);
  }, 60_000);

  it('has what was acknowledged before the break and moved after it', async () => {
    const garden = await world.garden();
    await garden.relay();
    await garden.emit(uuid(), 1);
    await allSent(garden);
    await whileDown(() => storage.keep());
    const id = await garden.db.transaction(async (tx) => {
      await tx.query('LOCK TABLE outbox_sent IN EXCLUSIVE MODE');
      const held = await garden.emit(uuid(), 1);
      await eventually(inStream, (ids) => ids.includes(held));
      await world.nats.crash();
      await storage.rewind();
      return held;
    });
    await allSent(garden);
    await world.nats.restart();
    await reconnected();
    await eventually(inStream, (ids) => ids.includes(id));
    expect(await garden.metric('mela_relay_put_back_total')).toBe(1);
  }, 60_000);

  it('goes on after what was acknowledged, though the database forgot that, and tells it as what it is', async () => {
    const garden = await world.garden();
    await garden.relay();
    await garden.emit(uuid(), 1);
    await allSent(garden);
    await whileDown(() => storage.keep());
    const { id, end } = await garden.db.transaction(async (tx) => {
      await tx.query('LOCK TABLE outbox_sent IN EXCLUSIVE MODE');
      const held = await garden.emit(uuid(), 1);
      await eventually(inStream, (ids) => ids.includes(held));
      const waiting = () => tx.query<{ pid: number }>(`SELECT pid FROM pg_stat_activity WHERE pid = ANY (SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'outbox_sent'::regclass)`);
      const [mover] = await eventually(waiting, (pids) => pids.length === 1);
      const last = await lastSeq();
      await world.nats.crash();
      await storage.rewind();
      await tx.query('SELECT pg_terminate_backend($1)', [mover!.pid]);
      return { id: held, end: last };
    });
    expect(await garden.count('outbox')).toBe(1);
    await world.nats.restart();
    await reconnected();
    await eventually(inStream, (ids) => ids.includes(id));
    const { seq } = (await stored(world)).find((one) => one.id === id)!;
    expect(seq).toBe(end + 1);
    const news = await garden.emit(uuid(), 1);
    await eventually(inStream, (ids) => ids.includes(news));
    const jsm = await jetstreamManager(world.nc);
    const both = await Promise.all([seq, seq + 1].map((place) => jsm.streams.getMessage(STREAM, { seq: place })));
    expect(both.map((message) => [message!.header.get('ce-id'), message!.header.get(RESTORED)])).toEqual([[id, 'true'], [news, '']]);
  }, 60_000);

  it('is carried on by whoever comes next, should the connection break meanwhile', async () => {
    const garden = await world.garden();
    const relay = await garden.relay();
    await garden.emit(uuid(), 1);
    await allSent(garden);
    await whileDown(() => storage.keep());
    await fillers(60_000);
    const id = await garden.emit(uuid(), 1);
    await allSent(garden);
    const end = await lastSeq();
    await whileDown(() => storage.rewind());
    const writing = Promise.all(Array.from({ length: 20 }, () => garden.emit(uuid(), 1)));
    const underWay = await eventually(lastSeq, (seq) => seq > 1_000);
    expect(underWay).toBeLessThan(end);
    expect(relay.health().recovering).toBe(true);
    await whileDown(async () => undefined);
    await writing;
    await allSent(garden);
    const events = (await stored(world)).slice(1);
    expect(events).toHaveLength(21);
    expect(events.map((event) => event.id)).toContain(id);
    for (const { seq } of events) expect(seq).toBeGreaterThan(end);
  }, 90_000);

  it('is noticed by a relay that takes the shards later', async () => {
    const garden = await world.garden();
    const first = await garden.relay();
    await garden.emit(uuid(), 1);
    await allSent(garden);
    await whileDown(() => storage.keep());
    const id = await garden.emit(uuid(), 1);
    await allSent(garden);
    await whileDown(async () => {
      await first.stop();
      await storage.rewind();
    });
    expect(await inStream()).not.toContain(id);
    await garden.relay();
    await eventually(inStream, (ids) => ids.includes(id));
  }, 60_000);
});

describe('a stream whose server lost its disk', () => {
  it('has everything of the last day again, and every consumer applies every event once', async () => {
    const busy = await Busy.open(world, 2);
    for (const one of busy) await one.appliesMore();
    await whileDown(() => storage.wipe());
    for (const one of busy) await one.appliesMore();
    await expectAllWell(busy);
  }, 120_000);
});

describe('a stream that is deleted while relays run', () => {
  it('has everything again, whether anybody had something to send or not', async () => {
    const busy = await Busy.open(world, 2);
    const [quiet, loud] = busy as [Busy, Busy];
    for (const one of busy) await one.appliesMore();
    await quiet.rest();
    await allSent(quiet.garden);
    await (await jetstreamManager(world.nc)).streams.delete(STREAM);
    await loud.appliesMore();
    await eventually(() => quiet.garden.metric('mela_relay_put_back_total'), (back) => back > 0);
    await expectAllWell(busy);
  }, 120_000);

  it.each([0, 50])('and made anew at once, with %i messages more than it had, has everything again', async (more) => {
    const garden = await world.garden();
    await garden.relay();
    const ids = await Promise.all(Array.from({ length: 20 }, () => garden.emit(uuid(), 1)));
    await allSent(garden);
    await (await jetstreamManager(world.nc)).streams.delete(STREAM);
    await ensureStream(world.nc);
    if (more > 0) await fillers(20 + more);
    ids.push(await garden.emit(uuid(), 1));
    await eventually(inStream, (now) => now.length === 21);
    expect(await inStream()).toEqual(ids.sort());
    await allSent(garden);
    expect(await garden.count('outbox_sent')).toBe(21);
  }, 60_000);
});

async function onePerShard(): Promise<string[]> {
  const plants = new Map<number, string>();
  while (plants.size < SHARDS) {
    const plant = uuid();
    plants.set(shardOf(plant), plant);
  }
  return [...plants.values()];
}
