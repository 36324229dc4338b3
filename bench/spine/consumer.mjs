/**
 * Ours: a service's consumer, whose handler writes a row for every event in the transaction that also remembers them:
 * many at once with `handleAll`, or, told to be `plain`, a statement for each.
 */
import { connectBus, ConsumerHost } from '@mela/bus';
import { MindedClient } from '@mela/chassis';
import pg from 'pg';
import { Registry } from 'prom-client';
import { answers, facts } from '../contestant.mjs';
import { ParcelMoved, SCHEMA, SERVICE } from './parcels.mjs';
import { transactions } from './transactions.mjs';
import { silent, until } from './until.mjs';

const { urls, events: count, as, plain } = facts();
const nc = await connectBus({ url: urls.nats, name: 'consumer' });
const pool = new pg.Pool({ Client: MindedClient, connectionString: urls.postgres, options: `-c search_path=${SCHEMA}`, max: 4 });
const parcelMoved = {
  as,
  events: [ParcelMoved],
  poison: /** @type {const} */ ('aside'),
  handle: (/** @type {any} */ event, /** @type {any} */ tx) =>
    tx.query('INSERT INTO effect (event_id, parcel, version) VALUES ($1, $2, $3)', [event.id, event.subject, event.aggregateVersion]),
};
const manyAtOnce = {
  handleAll: (/** @type {any[]} */ events, /** @type {any} */ tx) =>
    tx.query('INSERT INTO effect (event_id, parcel, version) SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])', [
      events.map(({ id }) => id),
      events.map(({ subject }) => subject),
      events.map(({ aggregateVersion }) => aggregateVersion),
    ]),
};

/** @type {ConsumerHost<any>} */
let host;
/** @type {Registry} */
let metrics;

async function start() {
  metrics = new Registry();
  host = new ConsumerHost({ service: SERVICE, nc, db: transactions(pool), consumers: [plain ? parcelMoved : { ...parcelMoved, ...manyAtOnce }], log: silent, metrics });
  await host.start();
}

/** Until every event is applied and every answer is on its way. */
async function applied() {
  await until(async () => (await metrics.getSingleMetric('mela_consumer_applied_total')?.get())?.values[0]?.value === count);
  await nc.flush();
}

await answers({
  /** From the making of its durable to its last answer. */
  async work() {
    const began = performance.now();
    await start();
    await applied();
    return count / ((performance.now() - began) / 1_000);
  },
  start,
  applied,
  stop: () => host.stop(),
});
