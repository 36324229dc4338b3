import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuid } from 'uuid';
import { eventually, World, type Garden } from '../../test/world.ts';
import { seal } from './envelope.ts';
import { writeOutbox } from './outbox.ts';
import { PlantGrew } from '../../test/world.ts';
import { STREAM } from '../subjects.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

interface Stored {
  id: string;
  aggregate: string;
  version: number;
  seq: number;
}

async function stream(): Promise<Stored[]> {
  const jsm = await jetstreamManager(world.nc);
  const { state } = await jsm.streams.info(STREAM);
  const messages: Stored[] = [];
  if (state.messages === 0) return messages;
  const consumer = await jsm.jetstream().consumers.get(STREAM);
  const iterator = await consumer.consume();
  for await (const message of iterator) {
    const read = (name: string) => message.headers!.get(name);
    messages.push({ id: read('ce-id'), aggregate: read('ce-subject'), version: Number(read('ce-aggregateversion')), seq: message.seq });
    if (message.info.pending === 0) break;
  }
  await iterator.close();
  return messages;
}

/** Writers as services are: each locks its aggregate, takes the next version, and writes state and event together. */
async function grow(garden: Garden, plants: string[], writers: number, each: number): Promise<void> {
  await garden.db.query('CREATE TABLE IF NOT EXISTS plant (id uuid PRIMARY KEY, version int NOT NULL)');
  for (const plant of plants) await garden.db.query('INSERT INTO plant VALUES ($1, 0) ON CONFLICT DO NOTHING', [plant]);
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let i = 0; i < each; i++) {
        const id = plants[(writer + i) % plants.length]!;
        for (let written = false; !written; ) {
          try {
            await garden.db.transaction(async (tx) => {
              const [row] = await tx.query<{ version: number }>('WITH u AS (UPDATE plant SET version = version + 1 WHERE id = $1 RETURNING version) SELECT version FROM u', [id]);
              await writeOutbox(tx, [seal(PlantGrew, { id, version: row!.version }, { plantId: id, height: i }, { source: `/mela/${garden.name}` })]);
            });
            written = true;
          } catch {
            // The database is being restarted under us: whether it was committed is in its version.
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      }
    }),
  );
}

async function expectEverythingOnce(garden: Garden, plants: string[]): Promise<void> {
  await eventually(() => garden.count('outbox'), (rows) => rows === 0, 30_000);
  const stored = await stream();
  const committed = await garden.db.query<{ id: string; version: number }>('SELECT id, version FROM plant');
  expect(new Set(stored.map(({ id }) => id)).size).toBe(committed.reduce((sum, { version }) => sum + version, 0));
  const first = new Map(stored.map((message) => [message.id, message]).reverse() as [string, Stored][]);
  for (const plant of plants) {
    const versions = [...first.values()].filter(({ aggregate }) => aggregate === plant).sort((a, b) => a.seq - b.seq).map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: committed.find(({ id }) => id === plant)!.version }, (_, i) => i + 1));
  }
}

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
    const stored = await stream();
    for (const { last_seq, last_event_id } of state) expect(stored.find(({ seq }) => seq === Number(last_seq))?.id).toBe(last_event_id);
    expect(Math.max(...state.map((row) => Number(row.last_seq)))).toBe(stored.at(-1)!.seq);
  });

  it('loses and doubles nothing when NATS and PostgreSQL are killed under it', async () => {
    const garden = await world.garden();
    const relay = await garden.relay();
    const plants = Array.from({ length: 20 }, () => uuid());
    const writing = grow(garden, plants, 20, 100);
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
