import { connectBus, ConsumerHost, ensureStream } from '@mela/bus';
import type { Tx } from '@mela/chassis';
import { PostCreated } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { openDatabase, type ServiceDatabase } from '@mela/testkit';
import type { NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { replay } from './replay.ts';
import { eventFromExample, publish } from './trigger.ts';

const consumer = 'communities.reader';
let folder: string;
let nats: OpenPart;
let nc: NatsConnection;
let database: ServiceDatabase;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-replay-'));
  [nats, database] = await Promise.all([openPart('nats', { dataDir: folder, env: {}, throwaway: true }), openDatabase('communities', [], [])]);
  nc = await connectBus({ url: nats.url, name: 'replay' });
  await ensureStream(nc);
});

afterAll(async () => {
  await nc.close();
  await Promise.all([nats.stop(), database.close()]);
  await rm(folder, { recursive: true, force: true });
});

describe('a replay', () => {
  it('hands a consumer what it has not applied, once, and leaves alone what a person discarded', async () => {
    const applied: string[] = [];
    const host = new ConsumerHost<Tx>({
      service: 'communities', nc, db: database.db, log: pino({ level: 'silent' }), metrics: new Registry(),
      consumers: [{ as: consumer, events: [PostCreated], poison: 'aside', handle: (event) => void applied.push(event.id) }],
    });
    await host.start();
    const events = [1, 2, 3, 4].map(() => eventFromExample({ type: 'post.created' }));
    for (const event of events) await publish(nc, event);
    const ids = events.map(({ eventId }) => eventId);
    await vi.waitFor(() => expect(applied).toEqual(ids), { timeout: 5_000 });

    // As after a restored backup: the last three are not remembered, and one of them is not wanted.
    const [, second, third, fourth] = ids as [string, string, string, string];
    await database.db.query('DELETE FROM inbox WHERE consumer = $1 AND event_id <> $2', [consumer, ids[0]]);
    await database.db.query(
      `INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state)
       VALUES ($1, $2, 3, 'evt.post.created.0', '{}', '', 'unwanted', 1, 'discarded')`, [consumer, third]);

    expect(await replay({ nc, sql: database.db, consumer, from: '1' })).toEqual({ found: 4, handedOver: 2 });
    await vi.waitFor(() => expect(applied).toEqual([...ids, second, fourth]), { timeout: 5_000 });
    await vi.waitFor(async () => expect(await database.db.query(`SELECT FROM dead_letter WHERE state = 'replay'`)).toEqual([]));

    expect(await replay({ nc, sql: database.db, consumer, from: '2' })).toEqual({ found: 3, handedOver: 0 });
    await host.stop();
    expect(applied).toHaveLength(6);
  });

  it('names the consumers there are when it is asked for another', async () => {
    await expect(replay({ nc, sql: database.db, consumer: 'communities.nobody', from: '1' })).rejects.toThrow('There is no consumer communities.nobody');
  });
});
