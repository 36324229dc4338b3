import { jetstreamManager } from '@nats-io/jetstream';
import { expect } from 'vitest';
import type { Doorbell } from '../src/outbox/doorbell.ts';
import { seal } from '../src/outbox/envelope.ts';
import { writeOutbox } from '../src/outbox/outbox.ts';
import { isFiller, STREAM } from '../src/subjects.ts';
import { PlantGrew } from './garden.ts';
import { eventually, type Garden, type World } from './world.ts';

interface Stored {
  id: string;
  aggregate: string;
  version: number;
  seq: number;
}

/** Everything in the stream, in its order. */
export async function stored(world: World): Promise<Stored[]> {
  const jsm = await jetstreamManager(world.nc);
  const { state } = await jsm.streams.info(STREAM);
  const messages: Stored[] = [];
  if (state.messages === 0) return messages;
  const consumer = await jsm.jetstream().consumers.get(STREAM);
  const iterator = await consumer.consume();
  for await (const message of iterator) {
    const read = (name: string) => message.headers!.get(name);
    if (!isFiller(message.subject)) messages.push({ id: read('ce-id'), aggregate: read('ce-subject'), version: Number(read('ce-aggregateversion')), seq: message.seq });
    if (message.info.pending === 0) break;
  }
  await iterator.close();
  return messages;
}

/** Writers as services are: each locks its aggregate, takes the next version, writes state and event together, and rings, where there is a bell, as those of its process do. */
export async function grow(garden: Garden, plants: string[], writers: number, each: number, bells: readonly Pick<Doorbell, 'ring'>[] = []): Promise<void> {
  await garden.db.query('CREATE TABLE IF NOT EXISTS plant (id uuid PRIMARY KEY, version int NOT NULL)');
  for (const plant of plants) await garden.db.query('INSERT INTO plant VALUES ($1, 0) ON CONFLICT DO NOTHING', [plant]);
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let i = 0; i < each; i++) {
        const id = plants[(writer + i) % plants.length]!;
        for (let written = false; !written; ) {
          try {
            const rows = await garden.db.transaction(async (tx) => {
              const [row] = await tx.query<{ version: number }>('WITH u AS (UPDATE plant SET version = version + 1 WHERE id = $1 RETURNING version) SELECT version FROM u', [id]);
              return writeOutbox(tx, [seal(PlantGrew, { id, version: row!.version }, { plantId: id, height: i }, { source: `/mela/${garden.name}` })]);
            });
            written = true;
            bells[writer % bells.length]?.ring(rows);
          } catch {
            // The database is being restarted under us: whether it was committed is in its version.
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      }
    }),
  );
}

/** Committed events are the events in the stream, and each plant's first come in the order of its versions. */
export async function expectEverythingOnce(garden: Garden, plants: string[]): Promise<void> {
  await eventually(() => garden.count('outbox'), (rows) => rows === 0, 30_000);
  const messages = (await stored(garden.world)).filter(({ aggregate }) => plants.includes(aggregate));
  const committed = await garden.db.query<{ id: string; version: number }>('SELECT id, version FROM plant');
  expect(new Set(messages.map(({ id }) => id)).size).toBe(committed.reduce((sum, { version }) => sum + version, 0));
  const first = new Map(messages.map((message) => [message.id, message]).reverse() as [string, Stored][]);
  for (const plant of plants) {
    const versions = [...first.values()].filter(({ aggregate }) => aggregate === plant).sort((a, b) => a.seq - b.seq).map(({ version }) => version);
    expect(versions).toEqual(Array.from({ length: committed.find(({ id }) => id === plant)!.version }, (_, i) => i + 1));
  }
}
