/** The peer of the consumer: raw consume and acknowledge, with the official client, in two ways. Neither looks at what it gets. */
import { connectBus, STREAM } from '@mela/bus';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { answers, facts } from '../contestant.mjs';

const { urls, events: count, as, filter } = facts();
const AHEAD = 1_000;
const nc = await connectBus({ url: urls.nats, name: 'consume' });

async function made() {
  const jsm = await jetstreamManager(nc);
  // As ours asks for it.
  await jsm.consumers.add(STREAM, {
    durable_name: as,
    filter_subject: filter,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: 10_000,
  });
  return jetstream(nc).consumers.get(STREAM, as);
}

const rate = (/** @type {number} */ began) => count / ((performance.now() - began) / 1_000);

await answers({
  /** As its documentation shows it. */
  async client() {
    const consumer = await made();
    const began = performance.now();
    const messages = await consumer.consume({ max_messages: AHEAD });
    let heard = 0;
    for await (const message of messages) {
      message.ack();
      if (++heard === count) break;
    }
    await nc.flush();
    const found = rate(began);
    await messages.close();
    return found;
  },

  /** The leanest that client can do: a callback. */
  async leanest() {
    const consumer = await made();
    const began = performance.now();
    let heard = 0;
    const { promise, resolve } = Promise.withResolvers();
    const messages = await consumer.consume({
      max_messages: AHEAD,
      callback: (message) => {
        message.ack();
        if (++heard === count) resolve(undefined);
      },
    });
    await promise;
    await nc.flush();
    const found = rate(began);
    await messages.close();
    return found;
  },
});
