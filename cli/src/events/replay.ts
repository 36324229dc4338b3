import { DeadLetters, letterId, replayBellOf, STREAM, type Letter, type Sql } from '@mela/bus';
import { jetstreamManager, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { usage } from '../fault.ts';
import { startAt, stored } from './stored.ts';

interface Replayed {
  /** Events that the consumer hears, from the given place on. */
  readonly found: number;
  /** Of those, handed to the consumer, because it had not applied them: the process that hosts it does. */
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

/** Gives a consumer what it has not applied of the stored events. */
export async function replay({ nc, sql, consumer, from }: Replay): Promise<Replayed> {
  const letters = new DeadLetters(sql, () => nc.publish(replayBellOf(serviceOf(consumer))));
  const subjects = await heardBy(await jetstreamManager(nc), consumer);
  const total = { found: 0, handedOver: 0 };
  let batch: Letter[] = [];
  const handOver = async () => {
    total.found += batch.length;
    total.handedOver += await letters.handOver(consumer, batch);
    batch = [];
  };
  for await (const message of stored(nc, { ...startAt(from), filter_subjects: subjects })) {
    batch.push(letterOf(message));
    if (batch.length === BATCH) await handOver();
  }
  if (batch.length > 0) await handOver();
  await nc.flush();
  return total;
}

export const serviceOf = (consumer: string): string => consumer.split('.')[0] ?? consumer;

/** A consumer is one durable for each noun that it hears, and each carries its name. */
async function heardBy(jsm: JetStreamManager, consumer: string): Promise<string[]> {
  const heard = new Map<string, string[]>();
  for await (const { config } of jsm.consumers.list(STREAM))
    if (config.durable_name !== undefined && config.description !== undefined && config.filter_subject !== undefined)
      heard.set(config.description, [...(heard.get(config.description) ?? []), config.filter_subject]);
  const subjects = heard.get(consumer);
  if (subjects) return subjects;
  throw usage(`There is no consumer ${consumer}`, heard.size === 0 ? 'No consumer exists yet: run the services first.' : `There are: ${[...heard.keys()].sort().join(', ')}.`);
}

const letterOf = ({ headers, seq, subject, data }: JsMsg): Letter => ({
  eventId: letterId(headers?.get('ce-id'), seq),
  streamSeq: seq,
  subject,
  headers: Object.fromEntries([...(headers ?? [])].map(([name, values]) => [name, values[0] ?? ''])),
  payload: data,
});
