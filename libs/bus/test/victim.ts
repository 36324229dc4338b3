/** A relay or a consumer in a process of its own, so that it can be killed. */
import pg from 'pg';
import { Registry } from 'prom-client';
import { connectBus } from '../src/connection.ts';
import { ConsumerHost } from '../src/consume/consumer-host.ts';
import { armFailPoint } from '../src/fail-points.ts';
import { Relay } from '../src/outbox/relay.ts';
import { recorded, transactions } from './garden.ts';

const { role, service, postgres, nats, settings, silentMs, deadly, failPoint } = JSON.parse(process.env['VICTIM']!) as {
  role: 'relay' | 'consumer';
  service: string;
  postgres: string;
  nats: string;
  settings?: object;
  silentMs?: number;
  /** The event that takes this process down. */
  deadly?: string;
  failPoint?: string;
};
armFailPoint(failPoint);
// Whoever started this is gone: so is the reason to live.
process.on('disconnect', () => process.exit());

const nc = await connectBus({ url: nats, name: `${service}-${role}` });
const options = `-c search_path=${service}`;
const log = { debug() {}, info() {}, warn() {}, error() {} };
const metrics = new Registry();
if (role === 'relay') {
  const connect = async () => {
    const client = new pg.Client({ connectionString: postgres, options, application_name: `relay-${service}` });
    await client.connect();
    return client;
  };
  await new Relay({ service, nc, connect, log, metrics, ...(silentMs ? { silentMs } : {}) }).start();
} else {
  const consumer = recorded('garden.counts');
  const handle: typeof consumer.handle = (event, tx) => (event.id === deadly ? process.exit(137) : consumer.handle(event, tx));
  const db = transactions(new pg.Pool({ connectionString: postgres, options, max: 4 }));
  await new ConsumerHost({ service, nc, db, consumers: [{ ...consumer, handle }], log, metrics, ...(settings ? { settings } : {}) }).start();
}
process.send?.('ready');
