/** Ours: a service that commits one event after the other, and its relay. */
import { connectBus, Doorbell, Relay, SHARDS, writeOutbox } from '@mela/bus';
import { MindedClient } from '@mela/chassis';
import { Registry } from 'prom-client';
import { answers, facts } from '../contestant.mjs';
import { silent, until } from '../spine/until.mjs';
import { SCHEMA } from '../spine/parcels.mjs';
import { SERVICE, sighting } from './sightings.mjs';

const { urls } = facts();
const nc = await connectBus({ url: urls.nats, name: SERVICE });
async function connect() {
  const client = new MindedClient({ connectionString: urls.postgres, options: `-c search_path=${SCHEMA}` });
  await client.connect();
  return client;
}
const client = await connect();
const bell = new Doorbell(nc, SERVICE);
const sql = { query: async (/** @type {string} */ text, /** @type {any[]} */ values = []) => (await client.query(text, values)).rows };
const relay = new Relay({ service: SERVICE, nc, connect, bell, log: silent, metrics: new Registry() });
await relay.start();
await until(async () => relay.health().shards === SHARDS);

await answers({
  /** Answers when each was committed. @param {{ events: number, perSecond: number }} task */
  async trickle({ events, perSecond }) {
    /** @type {[string, number][]} */
    const committed = [];
    const began = performance.now();
    for (let n = 0; n < events; n++) {
      const wait = began + (n * 1_000) / perSecond - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      const one = sighting();
      await client.query('BEGIN');
      const written = await writeOutbox(sql, [one]);
      await client.query('COMMIT');
      committed.push([one.eventId, Number(process.hrtime.bigint())]);
      bell.ring(written);
    }
    return committed;
  },
});
