/** Ours: the relay. */
import { connectBus, Relay, SHARDS } from '@mela/bus';
import { MindedClient } from '@mela/chassis';
import { Registry } from 'prom-client';
import { answers, facts } from '../contestant.mjs';
import { silent, until } from './until.mjs';
import { SCHEMA, SERVICE } from './parcels.mjs';

const { urls, events: count } = facts();
const nc = await connectBus({ url: urls.nats, name: SERVICE });

async function connect() {
  const client = new MindedClient({ connectionString: urls.postgres, options: `-c search_path=${SCHEMA}`, application_name: 'relay' });
  await client.connect();
  return client;
}

/** @type {Relay} */
let relay;
/** @type {Registry} */
let metrics;

await answers({
  async start() {
    metrics = new Registry();
    relay = new Relay({ service: SERVICE, nc, connect, log: silent, metrics });
    await relay.start();
    await until(async () => relay.health().shards === SHARDS);
  },
  /** Until every event is acknowledged and has left the outbox. */
  drain: () => until(async () => (await metrics.getSingleMetric('mela_relay_published_total')?.get())?.values[0]?.value === count),
  stop: () => relay.stop(),
});
