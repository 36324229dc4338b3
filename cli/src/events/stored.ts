import { STREAM } from '@mela/bus';
import { DeliverPolicy, jetstream, jetstreamManager, type ConsumerMessages, type JsMsg, type OrderedConsumerOptions } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { usage } from '../fault.ts';

/** An event as it lies in the stream. */
export interface StoredEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly aggregateVersion: number;
  readonly actor?: string;
  readonly traceId?: string;
  /** Parsed where it is JSON. */
  readonly data: unknown;
}

export function readStored(message: JsMsg): StoredEvent {
  const header = (name: string): string => message.headers?.get(name) ?? '';
  const [actor, trace] = [header('ce-actor'), header('traceparent')];
  return {
    seq: message.seq,
    id: header('ce-id'),
    type: header('ce-type'),
    source: header('ce-source'),
    subject: header('ce-subject'),
    time: header('ce-time'),
    aggregateVersion: Number(header('ce-aggregateversion')),
    ...(actor === '' ? {} : { actor }),
    ...(trace === '' ? {} : { traceId: trace.slice(3, 35) }),
    data: dataOf(message.string()),
  };
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Where to begin: a place in the stream, or an instant. */
export function startAt(from: string): Partial<OrderedConsumerOptions> {
  if (/^\d+$/.test(from)) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, Number(from)) };
  const ago = /^(\d+)(s|m|h|d)$/.exec(from);
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  const time = ago ? new Date(Date.now() - Number(ago[1]) * unit[ago[2] as keyof typeof unit]) : new Date(from);
  if (Number.isNaN(time.getTime())) throw usage(`--from ${from} is neither a place in the stream nor a time`, 'Write it like --from 1200, --from 2h or --from 2026-11-20T08:00:00Z.');
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: time.toISOString() };
}

/** Events in the order of the stream, as they come, with nobody's progress moved. */
export async function follow(nc: NatsConnection, options: Partial<OrderedConsumerOptions>): Promise<ConsumerMessages> {
  const consumer = await jetstream(nc).consumers.get(STREAM, options);
  return consumer.consume();
}

/** Those stored up to now, in the order of the stream. */
export async function* stored(nc: NatsConnection, options: Partial<OrderedConsumerOptions>): AsyncGenerator<JsMsg> {
  const { state } = (await (await jetstreamManager(nc)).streams.info(STREAM));
  if (state.last_seq === 0) return;
  const consumer = await jetstream(nc).consumers.get(STREAM, options);
  if ((await consumer.info()).num_pending === 0) return;
  for await (const message of await consumer.consume()) {
    yield message;
    if (message.info.pending === 0) return;
  }
}
