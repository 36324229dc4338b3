import { AckPolicy, DeliverPolicy, ReplayPolicy, type ConsumerConfig, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { EventType } from '@mela/contracts';
import { differences } from '../stream/differences.ts';
import { isNotFound } from '../stream/not-found.ts';
import { durableName, eventSubject, STREAM } from '../subjects.ts';
import { UNANSWERED_AT_MOST } from './batch-size.ts';

/** The server has the durable otherwise than asked, and waiting will not change that. */
export class DurableDiffers extends Error {
  override readonly name = 'DurableDiffers';
}

export interface Durable {
  name: string;
  description: string;
  filter: string;
}

/**
 * One durable per noun, each with one filter: nats-server 2.10 serves `filter_subjects` a hundred times slower
 * (1,500 a second against 150,000, measured), and credentials can allow a single filter by name.
 * Events of one aggregate share their noun, so their order is kept. Where several types of a noun are heard,
 * the filter takes the noun and the others are acknowledged unread.
 */
export function durablesOf(as: string, events: readonly EventType[]): Durable[] {
  const nouns = [...new Set(events.map(({ noun }) => noun))];
  return nouns.map((noun) => {
    const heard = events.filter((event) => event.noun === noun);
    return {
      name: nouns.length === 1 ? durableName(as) : `${durableName(as)}--${noun}`,
      description: as,
      filter: eventSubject({ noun, verb: heard.length === 1 ? heard[0]!.verb : '*' }, '*'),
    };
  });
}

/**
 * Makes or mends a durable. One that was deleted begins at the start of the stream again:
 * the stream keeps 14 days, the inbox remembers 15, so nothing is applied twice.
 */
export async function ensureDurable(
  jsm: JetStreamManager,
  { name, description, filter }: Durable,
  { ackWaitMs }: { ackWaitMs: number },
): Promise<ConsumerInfo> {
  const updatable = {
    description,
    filter_subject: filter,
    ack_wait: nanos(ackWaitMs),
    // The server gives nothing up: what it counts as deliveries is also what a process had at hand that was killed for another's sake.
    max_deliver: -1,
    max_ack_pending: UNANSWERED_AT_MOST,
  };
  const fixed = {
    durable_name: name,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
  };
  const existing = await found(jsm, name);
  if (!existing) await jsm.consumers.add(STREAM, { ...fixed, ...updatable });
  else if (differences(updatable, existing).length > 0) await jsm.consumers.update(STREAM, name, updatable);

  const info = await jsm.consumers.info(STREAM, name);
  const faults = differences({ ...fixed, ...updatable }, info.config);
  if (faults.length > 0) throw new DurableDiffers(`The durable ${name} is not as asked:\n  ${faults.join('\n  ')}`);
  return info;
}

async function found(jsm: JetStreamManager, name: string): Promise<ConsumerConfig | undefined> {
  try {
    return (await jsm.consumers.info(STREAM, name)).config;
  } catch (fault) {
    if (isNotFound(fault)) return undefined;
    throw fault;
  }
}
