import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { EventType } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Registry } from 'prom-client';
import { connectBus } from '../src/connection.ts';
import { ConsumerHost, type ConsumerHostOptions } from '../src/consume/consumer-host.ts';
import type { ConsumerDefinition } from '../src/consume/consumer-definition.ts';
import type { Log } from '../src/log.ts';
import { Doorbell } from '../src/outbox/doorbell.ts';
import { seal } from '../src/outbox/envelope.ts';
import { writeOutbox } from '../src/outbox/outbox.ts';
import { Relay } from '../src/outbox/relay.ts';
import { busTables } from '../src/outbox/tables.ts';
import type { Sql, Transactions } from '../src/sql.ts';
import { isNotFound } from '../src/stream/not-found.ts';
import { ensureStream } from '../src/stream/stream.ts';
import { STREAM } from '../src/subjects.ts';
import { eventually } from './eventually.ts';
import { PlantGrew, transactions } from './garden.ts';

export { eventually } from './eventually.ts';
export { PlantGrew, PlantWithered, recorded } from './garden.ts';

/** Real PostgreSQL and NATS of one test file's own: it may kill them. */
export class World {
  /** `durable`: what was committed survives a kill. Throw-away parts lose the last commits, and the tests would blame the bus. */
  static async open({ durable = false } = {}): Promise<World> {
    const dataDir = await mkdtemp(join(tmpdir(), 'mela-bus-'));
    const options = { dataDir, env: {}, throwaway: !durable };
    const [postgres, nats] = await Promise.all([openPart('postgres', options), openPart('nats', options)]);
    const nc = await connectBus({ url: nats.url, name: 'world' });
    return new World(dataDir, postgres, nats, nc);
  }

  private readonly closing: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly dataDir: string,
    readonly postgres: OpenPart,
    readonly nats: OpenPart,
    readonly nc: NatsConnection,
  ) {}

  /** A service of its own, with an empty schema, on an empty stream. */
  async garden(name = `garden${Math.random().toString(36).slice(2, 8)}`): Promise<Garden> {
    const jsm = await jetstreamManager(this.nc);
    // What the server refuses while it is still busy with that one is asked for again: no test begins on another's events.
    await eventually(() => jsm.streams.delete(STREAM).catch((fault: unknown) => isNotFound(fault) || String(fault)), (gone) => gone === true);
    await ensureStream(this.nc);
    const pool = new pg.Pool({ connectionString: this.postgres.url, options: `-c search_path=${name}`, max: 60 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${name}`);
    for (const statement of busTables) await pool.query(statement);
    const garden = new Garden(name, this, pool);
    this.closing.push(() => garden.close());
    return garden;
  }

  /** Closed when the test is over. */
  async connection(name: string): Promise<NatsConnection> {
    const nc = await connectBus({ url: this.nats.url, name });
    this.closing.push(() => nc.close());
    return nc;
  }

  async rest(): Promise<void> {
    for (const close of this.closing.splice(0)) await close();
  }

  async close(): Promise<void> {
    await this.rest();
    await this.nc.close();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export class Garden {
  readonly metrics = new Registry();
  readonly logged: { level: string; facts: object; message: string }[] = [];
  readonly log: Log = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (facts: object, message: string) => void this.logged.push({ level, facts, message })]),
  ) as unknown as Log;
  readonly db: Transactions;
  private readonly stopping: (() => Promise<unknown>)[] = [];

  constructor(
    readonly name: string,
    readonly world: World,
    private readonly pool: pg.Pool,
  ) {
    this.db = transactions(pool);
  }

  async relay(nc = this.world.nc, bell?: Doorbell): Promise<Relay> {
    const relay = new Relay({ service: this.name, nc, bell, connect: () => this.session(), log: this.log, metrics: this.metrics });
    await relay.start();
    this.stopping.push(() => relay.stop());
    return relay;
  }

  async session(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.world.postgres.url,
      options: `-c search_path=${this.name}`,
      application_name: `relay-${this.name}`,
      connectionTimeoutMillis: 5_000,
    });
    await client.connect();
    return client;
  }

  async host(consumers: ConsumerDefinition<Sql>[], settings: ConsumerHostOptions<Sql>['settings'] = {}, nc = this.world.nc): Promise<ConsumerHost<Sql>> {
    const host = new ConsumerHost({ service: this.name, nc, db: this.db, consumers, log: this.log, metrics: this.metrics, settings });
    this.stopping.push(() => host.stop());
    await host.start();
    return host;
  }

  /** A relay or a consumer in a process of its own. */
  async victim(role: 'relay' | 'consumer', more: { settings?: object; silentMs?: number; deadly?: string; failPoint?: string } = {}): Promise<ChildProcess> {
    const facts = { role, service: this.name, postgres: this.world.postgres.url, nats: this.world.nats.url, ...more };
    const child = fork(new URL('./victim.ts', import.meta.url).pathname, {
      execArgv: ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--conditions=source'],
      // They are many: what the first compiles the others find.
      env: { ...process.env, VICTIM: JSON.stringify(facts), NODE_COMPILE_CACHE: join(this.world.dataDir, 'compiled') },
    });
    this.stopping.push(async () => child.kill('SIGKILL'));
    await new Promise((resolve) => {
      child.once('message', resolve);
      child.once('exit', resolve);
    });
    return child;
  }

  /** Makes sure of the counter the tests' handlers write: one row per applied event, so that twice is seen. */
  async effects(): Promise<void> {
    await this.db.query(
      `CREATE TABLE IF NOT EXISTS effect (place bigint GENERATED ALWAYS AS IDENTITY, consumer text, event_id uuid, aggregate text, version int)`,
    );
  }

  async emit(plantId: string, version: number, ...[event, data]: [EventType?, object?]): Promise<string> {
    const sealed = seal(event ?? PlantGrew, { id: plantId, version }, (data ?? { plantId, height: version }) as never, { source: `/mela/${this.name}` });
    await this.db.transaction((tx) => writeOutbox(tx, [sealed]));
    new Doorbell(this.world.nc, this.name).ring();
    return sealed.eventId;
  }

  async count(table: string): Promise<number> {
    const [row] = await this.db.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(row!.count);
  }

  /** The sum over all labels. */
  async metric(name: string): Promise<number> {
    const { values } = await this.metrics.getSingleMetric(name)!.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.stopping.map((stop) => stop()));
    await this.pool.end();
  }
}
