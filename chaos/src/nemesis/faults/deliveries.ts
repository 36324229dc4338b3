import { isFiller, STREAM } from '@mela/bus';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { nothing, type Fault } from '../fault.ts';
import { shuffled } from '../../seed.ts';
import { durablesOn, onJetStream } from './jetstream.ts';
import { outOfReach } from './servers.ts';

/** Together they take less than a fault may last. */
const DURABLES_TRIED = 6;
const TAKEN_WITHIN_MS = 1_500;
const LATEST_MS = 2_000;

const onStream = { family: 'deliveries', longestMs: 15_000, impossible: (ground) => outOfReach(ground, 'nats') } as const satisfies Partial<Fault>;

/**
 * The stream holds its last events once more, in any order: without the id by which it would know them,
 * so that they are told apart from new ones by their consumers alone.
 */
const repeats: Fault = {
  ...onStream,
  name: 'events repeated',
  weight: 3,
  strike: async ({ parts: { nats } }, random) => {
    const wanted = random.int(50, 300);
    const repeated = await onJetStream(nats, async (jsm) => {
      const { last_seq: last, first_seq: first } = (await jsm.streams.info(STREAM)).state;
      const events: StoredMsg[] = [];
      // A sequence without a message is one that the stream could not store.
      for (let seq = Math.max(first, last - wanted + 1); seq <= last; seq++) {
        const event = await jsm.streams.getMessage(STREAM, { seq });
        if (event !== null && !isFiller(event.subject)) events.push(event);
      }
      const js = jsm.jetstream();
      for (const { subject, data, header } of shuffled(random, events)) await js.publish(subject, data, { headers: nameless(header) });
      return events.length;
    });
    return { what: `the last ${repeated} events were published again, in any order`, holdMs: 0, heal: nothing };
  },
};

/** Whoever made it makes it again, from the beginning of the stream: everything is delivered once more. */
const durableDeleted: Fault = {
  ...onStream,
  name: 'durable deleted',
  weight: 2,
  strike: async ({ parts: { nats } }, random) => {
    const what = await onJetStream(nats, async (jsm) => {
      const durables = await durablesOn(jsm);
      if (durables.length === 0) throw new Error('There is no durable');
      const durable = random.pick(durables);
      await jsm.consumers.delete(STREAM, durable);
      return `the durable ${durable} was deleted`;
    });
    return { what, holdMs: 0, heal: nothing };
  },
};

/**
 * Events come for the first time, and in another order than the stream's: somebody else takes them from the durable before its
 * consumer gets them, and hands each back for a while of its own. Who has nothing to take at the moment is passed over.
 */
const shuffledFirst: Fault = {
  ...onStream,
  name: 'events out of order',
  weight: 2,
  strike: async ({ parts: { nats } }, random) => {
    const wanted = random.int(20, 60);
    const what = await onJetStream(nats, async (jsm) => {
      for (const durable of shuffled(random, await durablesOn(jsm)).slice(0, DURABLES_TRIED)) {
        const taken = await handedBack(jsm, durable, wanted, () => random.int(0, LATEST_MS));
        if (taken > 0) return `${taken} events before ${durable} were held back, each for up to ${LATEST_MS / 1_000} s`;
      }
      throw new Error('Nobody had anything before them');
    });
    return { what, holdMs: LATEST_MS, heal: nothing };
  },
};

async function handedBack(jsm: JetStreamManager, durable: string, wanted: number, afterMs: () => number): Promise<number> {
  const consumer = await jsm.jetstream().consumers.get(STREAM, durable);
  let taken = 0;
  for await (const message of await consumer.fetch({ max_messages: wanted, expires: TAKEN_WITHIN_MS })) {
    message.nak(afterMs());
    taken += 1;
  }
  // Behind its answer, all that was handed back has arrived.
  await jsm.consumers.info(STREAM, durable);
  return taken;
}

function nameless(header: MsgHdrs): MsgHdrs {
  const copy = headers();
  for (const [name, values] of header) if (name !== 'Nats-Msg-Id') for (const value of values) copy.append(name, value);
  return copy;
}

export const deliveryFaults: readonly Fault[] = [repeats, durableDeleted, shuffledFirst];
