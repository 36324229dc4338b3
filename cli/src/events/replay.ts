import { durableName, replayBellOf, STREAM, type Sql } from '@mela/bus';
import { jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { usage } from '../fault.ts';
import { startAt, stored } from './stored.ts';

export interface Replayed {
  /** Events that the consumer hears, from the given place on. */
  readonly found: number;
  readonly appliedBefore: number;
  /** Handed to the consumer: the process that hosts it applies them. */
  readonly handedOver: number;
}

interface Replay {
  readonly nc: NatsConnection;
  /** The schema of the service whose consumer it is. */
  readonly sql: Sql;
  readonly consumer: string;
  readonly from: string;
}

const BATCH = 100;

/**
 * Gives a consumer what it has not applied of the stored events, through the door that replayed dead letters take: its
 * durable keeps its place, the inbox answers for what was applied, and what fails is a dead letter. An event that a
 * person has discarded stays discarded.
 */
export async function replay({ nc, sql, consumer, from }: Replay): Promise<Replayed> {
  const subjects = await heardBy(await jetstreamManager(nc), consumer);
  const total = { found: 0, appliedBefore: 0, handedOver: 0 };
  let batch: JsMsg[] = [];
  const handOver = async () => {
    const handed = await mark(sql, consumer, batch);
    total.found += batch.length;
    total.handedOver += handed.length;
    total.appliedBefore += await applied(sql, consumer, batch);
    batch = [];
    if (handed.length > 0) nc.publish(replayBellOf(serviceOf(consumer)));
  };
  for await (const message of stored(nc, { ...startAt(from), filter_subjects: [...subjects] })) {
    batch.push(message);
    if (batch.length === BATCH) await handOver();
  }
  if (batch.length > 0) await handOver();
  await nc.flush();
  return total;
}

export const serviceOf = (consumer: string): string => consumer.split('.')[0] ?? consumer;

async function heardBy(jsm: JetStreamManager, consumer: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name, config } of jsm.consumers.list(STREAM)) {
    if (name === durableName(consumer)) return config.filter_subjects ?? [];
    if (config.durable_name !== undefined && config.description !== undefined) names.push(config.description);
  }
  throw usage(`There is no consumer ${consumer}`, names.length === 0 ? 'No consumer exists yet: run the services first.' : `There are: ${names.sort().join(', ')}.`);
}

const idOf = (message: JsMsg): string => message.headers?.get('ce-id') ?? '';

async function applied(sql: Sql, consumer: string, batch: readonly JsMsg[]): Promise<number> {
  const rows = await sql.query('SELECT FROM inbox WHERE consumer = $1 AND event_id = ANY ($2::uuid[])', [consumer, batch.map(idOf)]);
  return rows.length;
}

async function mark(sql: Sql, consumer: string, batch: readonly JsMsg[]): Promise<readonly unknown[]> {
  return sql.query(
    `INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state)
     SELECT $1, event_id, stream_seq, subject, headers, payload, 'Handed over by a replay', 0, 'replay'
     FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::jsonb[], $6::bytea[]) AS event (event_id, stream_seq, subject, headers, payload)
     WHERE NOT EXISTS (SELECT FROM inbox WHERE inbox.consumer = $1 AND inbox.event_id = event.event_id)
     ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'replay' WHERE dead_letter.state = 'dead'
     RETURNING event_id`,
    [
      consumer,
      batch.map(idOf),
      batch.map(({ seq }) => seq),
      batch.map(({ subject }) => subject),
      batch.map(({ headers }) => JSON.stringify(Object.fromEntries([...(headers ?? [])].map(([name, values]) => [name, values[0] ?? ''])))),
      batch.map(({ data }) => Buffer.from(data)),
    ],
  );
}
