import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { event, Id, type EventType } from '@mela/contracts';
import { openPart, type OpenPart } from '@mela/infra';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Registry } from 'prom-client';
import { z } from 'zod';
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
import { ensureStream } from '../src/stream/stream.ts';
import { STREAM } from '../src/subjects.ts';

export const PlantGrew = event('plant.grew', {
  summary: 'A plant grew',
  aggregate: 'plant',
  data: z.object({ plantId: Id, height: z.number().int() }),
  example: { plantId: '01900000-0000-7000-8000-000000000001', height: 3 },
});
export const PlantWithered = event('plant.withered', {
  summary: 'A plant withered',
  aggregate: 'plant',
  data: z.object({ plantId: Id }),
  example: { plantId: '01900000-0000-7000-8000-000000000001' },
});

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
    private readonly dataDir: string,
    readonly postgres: OpenPart,
    readonly nats: OpenPart,
    readonly nc: NatsConnection,
  ) {}

  /** A service of its own, with an empty schema, on an empty stream. */
  async garden(name = `garden${Math.random().toString(36).slice(2, 8)}`): Promise<Garden> {
    const jsm = await jetstreamManager(this.nc);
    await jsm.streams.delete(STREAM).catch(() => undefined);
    await ensureStream(this.nc);
    const pool = new pg.Pool({ connectionString: this.postgres.url, options: `-c search_path=${name}`, max: 60 });
    pool.on('error', () => undefined);
    await pool.query(`CREATE SCHEMA ${name}`);
    for (const statement of busTables) await pool.query(statement);
    const garden = new Garden(name, this, pool);
    this.closing.push(() => garden.close());
    return garden;
  }

  connection(name: string): Promise<NatsConnection> {
    return connectBus({ url: this.nats.url, name });
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

  async relay(nc = this.world.nc): Promise<Relay> {
    const relay = new Relay({ service: this.name, nc, connect: () => this.session(), log: this.log, metrics: new Registry() });
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

  async close(): Promise<void> {
    await Promise.all(this.stopping.map((stop) => stop()));
    await this.pool.end();
  }
}

export function transactions(pool: pg.Pool): Transactions {
  return {
    query: async <Row>(statement: string, parameters: readonly unknown[] = []) => (await pool.query(statement, [...parameters])).rows as Row[],
    async transaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      const lost = (fault: Error) => (broken = fault);
      client.on('error', lost);
      try {
        await client.query('BEGIN');
        const result = await work({
          query: async <Row>(statement: string, parameters: readonly unknown[] = []) => (await client.query(statement, [...parameters])).rows as Row[],
        });
        await client.query('COMMIT');
        return result;
      } catch (fault) {
        await client.query('ROLLBACK').catch((failed: Error) => (broken = failed));
        throw fault;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
  };
}

/** Records each application of an event, in the handler's transaction. */
export const recorded = (as: string, extra: Partial<ConsumerDefinition<Sql>> = {}): ConsumerDefinition<Sql> => ({
  as,
  events: [PlantGrew],
  poison: 'aside',
  handle: (event, tx) =>
    tx.query('INSERT INTO effect (consumer, event_id, aggregate, version) VALUES ($1, $2, $3, $4)', [as, event.id, event.subject, event.aggregateVersion]),
  ...extra,
});

/** Waits for a condition, not for a time. */
export async function eventually<T>(look: () => Promise<T> | T, holds: (value: T) => boolean, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadline) throw new Error(`Not so within ${withinMs} ms; at last it was ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
