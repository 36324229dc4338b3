import { jetstreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stored } from '../../test/growing.ts';
import { eventually, World, type Garden } from '../../test/world.ts';
import { epochOf } from '../stream/stream.ts';
import { StreamReader } from '../stream/stream-reader.ts';
import { FORGOT_SUBJECT, RESTORED, SHARDS, shardOf, STREAM } from '../subjects.ts';
import type { Relay } from './relay.ts';
import { keepPartitions } from './sent-partitions.ts';

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterEach(() => world.rest());
afterAll(() => world.close());

const checked = (relay: Relay) => eventually(() => relay.health(), ({ shards, recovering }) => shards === SHARDS && !recovering, 30_000);

async function headerOf(id: string, name: string): Promise<string> {
  const { seq } = (await stored(world)).find((message) => message.id === id)!;
  const message = await (await jetstreamManager(world.nc)).streams.getMessage(STREAM, { seq });
  return message!.header.get(name);
}
const inStream = async (): Promise<string[]> => (await stored(world)).map(({ id }) => id);

describe('what a relay remembers of a shard', () => {
  /** A stream whose first 4,999 messages have aged out. */
  async function aged(): Promise<{ garden: Garden; epoch: string }> {
    const garden = await world.garden();
    const jsm = await jetstreamManager(world.nc);
    const { config } = await jsm.streams.info(STREAM);
    await jsm.streams.delete(STREAM);
    const { created } = await jsm.streams.add({ ...config, first_seq: 5_000 });
    return { garden, epoch: epochOf(created) };
  }
  const remember = (garden: Garden, shard: number, seq: number, epoch: string | null) =>
    garden.db.query('INSERT INTO relay_state (shard, last_seq, last_event_id, epoch) VALUES ($1, $2, $3, $4)', [shard, seq, uuid(), epoch]);

  it.each(['this stream', 'a release that did not keep which'])('may have aged out of the stream, known of %s', async (known) => {
    const { garden, epoch } = await aged();
    await remember(garden, 3, 1_200, known === 'this stream' ? epoch : null);
    const relay = await garden.relay();
    await checked(relay);
    expect(await garden.metric('mela_relay_rewinds_total')).toBe(0);
    expect(await garden.metric('mela_relay_fillers_total')).toBe(0);
    expect(await garden.count('relay_state')).toBe(1);
  });

  it('has not aged out if it was sent within a day: it is sent again, and says that it is no news', async () => {
    const { garden, epoch } = await aged();
    const id = await garden.emit(uuid(), 1);
    await garden.db.query(keepPartitions);
    await garden.db.query(
      `WITH gone AS (DELETE FROM outbox RETURNING *), state AS (INSERT INTO relay_state SELECT shard, 1200, event_id, '${epoch}' FROM gone)
       INSERT INTO outbox_sent SELECT shard, id, event_id, aggregate_id, aggregate_version, subject, headers, payload, created_at, 1200, now() FROM gone`,
    );
    await garden.relay();
    await eventually(inStream, (ids) => ids.includes(id));
    expect(await headerOf(id, RESTORED)).toBe('true');
    const news = await garden.emit(uuid(), 1);
    await eventually(inStream, (ids) => ids.includes(news));
    expect(await headerOf(news, RESTORED)).toBe('');
  });

  it('may be gone from this stream and remembered no more: whoever follows the stream is told, after the place of the loss', async () => {
    const garden = await world.garden();
    const plant = uuid();
    await garden.emit(plant, 1);
    await eventually(() => garden.count('outbox'), (rows) => rows === 1);
    const { created } = await (await jetstreamManager(world.nc)).streams.info(STREAM);
    await remember(garden, shardOf(plant), 1_200, epochOf(created));
    const relay = await garden.relay();
    await checked(relay);
    expect(await new StreamReader(world.nc).lastOf(FORGOT_SUBJECT)).toBe(1_201);
    // Once: what was told is not told by whoever looks again.
    await relay.stop();
    await checked(await garden.relay());
    expect(await new StreamReader(world.nc).lastOf(FORGOT_SUBJECT)).toBe(1_201);
  });

  it('may be nothing that is left, and then it says so and goes on', async () => {
    const garden = await world.garden();
    await remember(garden, 3, 1_200, 'another');
    const relay = await garden.relay();
    await checked(relay);
    expect(garden.logged).toContainEqual({ level: 'error', facts: expect.objectContaining({ shard: 3, lastSeq: 1_200 }), message: expect.stringContaining('cannot be restored from here') });
    expect(await garden.count('relay_state')).toBe(0);
    // Another stream says so itself.
    expect(await new StreamReader(world.nc).lastOf(FORGOT_SUBJECT)).toBe(0);
    const id = await garden.emit(uuid(), 1);
    await eventually(inStream, (ids) => ids.includes(id));
  });
});

describe('a stream that an operator changed', () => {
  it('is sent into all the same', async () => {
    const garden = await world.garden();
    const jsm = await jetstreamManager(world.nc);
    await jsm.streams.update(STREAM, { max_age: nanos(30 * 86_400_000) });
    const relay = await garden.relay();
    const id = await garden.emit(uuid(), 1);
    await eventually(inStream, (ids) => ids.includes(id));
    await checked(relay);
    expect((await jsm.streams.info(STREAM)).config.max_age).toBe(nanos(30 * 86_400_000));
  });
});

describe('a relay without an answer', () => {
  it('sends nothing unchecked, does not hang, and goes on when the server does', async () => {
    const garden = await world.garden();
    const relay = await garden.relay();
    await checked(relay);
    process.kill(world.nats.pid!, 'SIGSTOP');
    const id = await garden.emit(uuid(), 1);
    await eventually(() => relay.health().recovering, (recovering) => recovering);
    await eventually(() => garden.logged, (logged) => logged.some(({ message }) => message.includes('cannot check the stream yet')));
    process.kill(world.nats.pid!, 'SIGCONT');
    await eventually(inStream, (ids) => ids.includes(id));
    await checked(relay);
  }, 60_000);
});
