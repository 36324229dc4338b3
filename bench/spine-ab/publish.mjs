/**
 * The peer of the relay: raw acknowledged publish, with the official client, in two ways.
 * Both have their headers made beforehand, so that nothing but publishing is measured.
 */
import { connectBus, STREAM } from '@mela/bus';
import { jetstream } from '@nats-io/jetstream';
import { headers as newHeaders } from '@nats-io/transport-node';
import { answers, facts } from '../contestant.mjs';
import { parcels } from './parcels.mjs';

const { urls, events: count, seed } = facts();
const nc = await connectBus({ url: urls.nats, name: 'publish' });
const js = jetstream(nc);
const ready = parcels(count, seed).map(({ eventId, subject, headers, payload }) => {
  const all = { 'Nats-Msg-Id': eventId, 'Nats-Expected-Stream': STREAM, ...headers };
  const map = newHeaders();
  for (const [name, value] of Object.entries(all)) map.set(name, value);
  const block = Buffer.from(`NATS/1.0\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  return { subject, payload, map, written: /** @type {any} */ ({ encode: () => block }) };
});

await answers({
  /** Its own acknowledged publish, so many in flight. */
  async client({ inFlight }) {
    const began = performance.now();
    let next = 0;
    const one = async () => {
      while (next < ready.length) {
        const { subject, payload, map } = ready[next++];
        await js.publish(subject, payload, { headers: map, timeout: 30_000 });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    return ready.length / ((performance.now() - began) / 1_000);
  },

  /** The leanest that client can do: one reply inbox for all, headers written beforehand, acknowledgements counted and not read. */
  leanest: ({ inFlight }) =>
    new Promise((resolve) => {
      const inbox = `${/** @type {any} */ (nc).options.inboxPrefix}.leanest`;
      let [next, acknowledged] = [0, 0];
      const send = () => {
        const { subject, payload, written } = ready[next++];
        nc.publish(subject, payload, { reply: inbox, headers: written });
      };
      const replies = nc.subscribe(inbox, {
        callback: () => {
          acknowledged += 1;
          if (next < ready.length) return send();
          if (acknowledged < ready.length) return;
          replies.unsubscribe();
          resolve(ready.length / ((performance.now() - began) / 1_000));
        },
      });
      const began = performance.now();
      while (next < Math.min(inFlight, ready.length)) send();
    }),
});
