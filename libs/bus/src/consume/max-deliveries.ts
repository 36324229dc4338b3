import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import type { Sql } from '../sql.ts';
import { STREAM } from '../subjects.ts';
import type { Consumer } from './consumer.ts';
import { letterId } from './dead-letter-box.ts';

const AGAIN_MS = 2_000;

/**
 * A message that the server gives up on: no process ever answered it, because it took each one down.
 * One process of the service hears of it and puts it aside.
 */
export function captureMaxDeliveries<Tx extends Sql>(
  { service, nc, log }: { service: string; nc: NatsConnection; log: Log },
  consumers: readonly Consumer<Tx>[],
): () => void {
  let stopped = false;
  const bury = async (consumer: Consumer<Tx>, { stream_seq, deliveries }: { stream_seq: number; deliveries: number }): Promise<void> => {
    const facts = { consumer: consumer.definition.as, streamSeq: stream_seq, deliveries };
    try {
      const jsm = await jetstreamManager(nc, { checkAPI: false });
      const message = await jsm.streams.getMessage(STREAM, { seq: stream_seq });
      if (!message) return log.error(facts, 'An event was given up that the stream no longer has');
      const headers: Record<string, string> = {};
      for (const [name, values] of message.header) headers[name] = values[0] ?? '';
      const letter = {
        eventId: letterId(headers['ce-id'], stream_seq),
        streamSeq: stream_seq,
        subject: message.subject,
        headers,
        payload: message.data,
      };
      const error = `${deliveries} deliveries, none of them answered: the process ended while it applied this event`;
      if (await consumer.box.buryUnlessApplied(letter, error, deliveries)) log.error(facts, 'An event that nobody answered was put aside');
    } catch (fault) {
      if (stopped) return;
      log.warn({ ...facts, fault: (fault as Error).message }, 'An event that nobody answered could not be put aside yet');
      setTimeout(() => void bury(consumer, { stream_seq, deliveries }), AGAIN_MS).unref();
    }
  };
  const subscriptions = consumers
    .filter((consumer) => consumer.definition.poison === 'aside')
    .flatMap((consumer) =>
      consumer.sources.map(({ durable }) =>
        nc.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${STREAM}.${durable.name}`, {
          queue: service,
          callback: (fault, message) => {
            if (!fault) void bury(consumer, message.json());
          },
        }),
      ),
    );
  return () => {
    stopped = true;
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
