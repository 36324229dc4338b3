import { AckPolicy, DeliverPolicy, ReplayPolicy, type ConsumerConfig, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { EventType } from '@mela/contracts';
import { differences } from '../stream/differences.ts';
import { isNotFound } from '../stream/not-found.ts';
import { durableName, eventSubject, STREAM } from '../subjects.ts';

/** The server has the durable otherwise than asked, and waiting will not change that. */
export class DurableDiffers extends Error {
  override readonly name = 'DurableDiffers';
}

export interface Wishes {
  as: string;
  events: readonly EventType[];
  ackWaitMs: number;
  /** -1: for ever. */
  maxDeliver: number;
}

/**
 * Makes or mends the durable consumer. One that was deleted begins at the start of the stream again:
 * the stream keeps 14 days, the inbox remembers 15, so nothing is applied twice.
 */
export async function ensureDurable(jsm: JetStreamManager, { as, events, ackWaitMs, maxDeliver }: Wishes) {
  const durable = durableName(as);
  const updatable = {
    description: as,
    filter_subjects: events.map((event) => eventSubject(event, '*')),
    ack_wait: nanos(ackWaitMs),
    max_deliver: maxDeliver,
    max_ack_pending: 1_000,
  };
  const fixed = {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
  };
  const existing = await found(jsm, durable);
  if (!existing) await jsm.consumers.add(STREAM, { ...fixed, ...updatable });
  else if (differences(updatable, existing).length > 0) await jsm.consumers.update(STREAM, durable, updatable);

  const info = await jsm.consumers.info(STREAM, durable);
  const faults = differences({ ...fixed, ...updatable }, info.config);
  if (faults.length > 0) throw new DurableDiffers(`The durable ${durable} is not as asked:\n  ${faults.join('\n  ')}`);
  return info;
}

async function found(jsm: JetStreamManager, durable: string): Promise<ConsumerConfig | undefined> {
  try {
    return (await jsm.consumers.info(STREAM, durable)).config;
  } catch (fault) {
    if (isNotFound(fault)) return undefined;
    throw fault;
  }
}
