import { isFiller, RESTORED, STREAM } from '@mela/bus';
import type { StreamEvent } from '@mela/testkit/chaos';
import { jetstream, jetstreamManager, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const AT_ONCE = 2_000;
const PATIENCE_MS = 120_000;

/** The whole stream, in its order, however it begins and whatever is missing in between. */
export async function readStream(nc: NatsConnection): Promise<StreamEvent[]> {
  const { state } = await (await jetstreamManager(nc, { checkAPI: false })).streams.info(STREAM);
  if (state.messages === 0) return [];
  const consumer = await jetstream(nc).consumers.get(STREAM, { opt_start_seq: state.first_seq });
  const messages = await consumer.consume({ max_messages: AT_ONCE });
  const events: StreamEvent[] = [];
  const timer = setTimeout(() => messages.stop(new Error(`The stream was not read within ${PATIENCE_MS / 1_000} s: ${events.length} of ${state.messages} messages came`)), PATIENCE_MS);
  try {
    for await (const message of messages) {
      const event = eventOf(message);
      if (event) events.push(event);
      if (message.info.pending === 0) return events;
    }
    throw new Error('The stream ended before it was read');
  } finally {
    clearTimeout(timer);
    await ended(messages);
    await consumer.delete().catch(() => undefined);
  }
}

const ended = (messages: ConsumerMessages): Promise<unknown> => messages.close().catch((fault: unknown) => fault);

function eventOf({ seq, subject, headers, data }: JsMsg): StreamEvent | undefined {
  const id = headers?.get('ce-id');
  if (!headers || !id || isFiller(subject)) return undefined;
  const type = headers.get('ce-type');
  return {
    seq,
    id,
    type,
    noun: type.split('.')[0]!,
    source: headers.get('ce-source'),
    aggregate: headers.get('ce-subject'),
    version: Number(headers.get('ce-aggregateversion')),
    data: parsed(data),
    restored: headers.has(RESTORED),
  };
}

/** One odd message must not hide all others from the judges. */
function parsed(payload: Uint8Array): StreamEvent['data'] {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8')) as StreamEvent['data'];
  } catch {
    return {};
  }
}

/** Names of the durables on the stream. */
export async function readDurables(nc: NatsConnection): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { name } of (await jetstreamManager(nc, { checkAPI: false })).consumers.list(STREAM)) names.add(name);
  return names;
}
