/** A replica in a process of its own, which ends as a crash would while a page is being applied. */
import pg from 'pg';
import { Registry } from 'prom-client';
import { connectBus } from '../src/connection.ts';
import { ConsumerHost } from '../src/consume/consumer-host.ts';
import { transactions } from './garden.ts';
import { replicated } from './replicated.ts';

const { service, postgres, nats, diesAtPage } = JSON.parse(process.env['VICTIM']!) as { service: string; postgres: string; nats: string; diesAtPage: number };
process.on('disconnect', () => process.exit());

let pages = 0;
const db = transactions(new pg.Pool({ connectionString: postgres, options: `-c search_path=${service}`, max: 4 }));
const applied = () => {
  pages += 1;
  if (pages === diesAtPage) process.kill(process.pid, 'SIGKILL');
};
const log = { debug() {}, info() {}, warn() {}, error() {} };
await new ConsumerHost({
  service, nc: await connectBus({ url: nats, name: `${service}-victim` }), db, consumers: [replicated(db, { applied })], log, metrics: new Registry(),
}).start();
