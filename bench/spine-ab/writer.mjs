/** Writes events to the outbox, as a service's transactions do. */
import { connectBus, Doorbell, writeOutbox } from '@mela/bus';
import pg from 'pg';
import { answers, facts } from '../contestant.mjs';
import { parcels, SCHEMA, SERVICE } from './parcels.mjs';

const { urls, events: count, seed } = facts();
const PER_STATEMENT = 1_000;
const PER_TRANSACTION = 100;

const client = new pg.Client({ connectionString: urls.postgres, options: `-c search_path=${SCHEMA}` });
await client.connect();
const bell = new Doorbell(await connectBus({ url: urls.nats, name: 'writer' }), SERVICE);
const events = parcels(count, seed);
const sql = { query: async (/** @type {string} */ text, /** @type {any[]} */ values = []) => (await client.query(text, values)).rows };

await answers({
  /** Everything, in a transaction that is still open. */
  async prepare() {
    await client.query('BEGIN');
    for (let from = 0; from < events.length; from += PER_STATEMENT) await writeOutbox(sql, events.slice(from, from + PER_STATEMENT));
  },
  async commit() {
    await client.query('COMMIT');
    bell.ring();
  },
  /** As traffic would: one transaction after the other, each with its bell. */
  async trickle() {
    for (let from = 0; from < events.length; from += PER_TRANSACTION) {
      await client.query('BEGIN');
      await writeOutbox(sql, events.slice(from, from + PER_TRANSACTION));
      await client.query('COMMIT');
      bell.ring();
    }
  },
});
