import { isFiller, STREAM } from '@mela/bus';
import type { StoredMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { nothing, type Fault } from '../fault.ts';
import { shuffled } from '../../seed.ts';
import { durablesOn, onJetStream } from './jetstream.ts';
import { outOfReach } from './servers.ts';

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

function nameless(header: MsgHdrs): MsgHdrs {
  const copy = headers();
  for (const [name, values] of header) if (name !== 'Nats-Msg-Id') for (const value of values) copy.append(name, value);
  return copy;
}

export const deliveryFaults: readonly Fault[] = [repeats, durableDeleted];
