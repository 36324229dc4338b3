import { busTables, connectBus, ensureStream, STREAM } from '@mela/bus';
import { openPart } from '@mela/infra';
import { jetstreamManager } from '@nats-io/jetstream';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { SCHEMA } from './parcels.mjs';

/** PostgreSQL and NATS of this run's own, with the settings they are shipped with: PostgreSQL waits for the disk. */
export class Ground {
  static async open() {
    const dataDir = await mkdtemp(join(tmpdir(), 'mela-bench-'));
    const [postgres, nats] = await Promise.all([openPart('postgres', { dataDir, env: process.env }), openPart('nats', { dataDir, env: process.env })]);
    const nc = await connectBus({ url: nats.url, name: 'bench' });
    const db = new pg.Pool({ connectionString: postgres.url, options: `-c search_path=${SCHEMA}`, max: 2 });
    db.on('error', () => undefined);
    await db.query(`CREATE SCHEMA ${SCHEMA}`);
    for (const statement of busTables) await db.query(statement);
    await db.query('CREATE TABLE effect (place bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, parcel text NOT NULL, version int NOT NULL)');
    return new Ground(dataDir, postgres, nats, nc, db);
  }

  /**
   * @param {string} dataDir @param {import('@mela/infra').OpenPart} postgres @param {import('@mela/infra').OpenPart} nats
   * @param {import('@nats-io/transport-node').NatsConnection} nc @param {pg.Pool} db
   */
  constructor(dataDir, postgres, nats, nc, db) {
    this.postgres = postgres;
    this.nats = nats;
    this.nc = nc;
    this.db = db;
    this.close = async () => {
      await Promise.all([nc.close(), db.end()]);
      await Promise.all([postgres.stop(), nats.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    };
  }

  get urls() {
    return { postgres: this.postgres.url, nats: this.nats.url };
  }

  /** What nobody may doubt later: versions, and whether anything waited for the disk. */
  async describe() {
    const { rows } = await this.db.query(`SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`);
    return {
      postgres: `${this.postgres.report.version} (fsync ${rows[0].fsync}, synchronous_commit ${rows[0].commit})`,
      nats: `${this.nats.report.version} (file storage, its own sync_interval of 2 min)`,
    };
  }

  /** Nothing left of the turn before; and the checkpoint it would leave to the next is made now. */
  async emptyTables() {
    const { rows } = await this.db.query('SELECT tablename FROM pg_tables WHERE schemaname = $1', [SCHEMA]);
    await this.db.query(`TRUNCATE ${rows.map(({ tablename }) => tablename).join(', ')}`);
    await this.db.query('CHECKPOINT');
  }

  /** A new one each time: it remembers no message id of the turn before. */
  async emptyStream() {
    const jsm = await jetstreamManager(this.nc);
    await jsm.streams.delete(STREAM).catch(() => undefined);
    await ensureStream(this.nc);
  }

  /** @param {string} durable */
  async forgetDurable(durable) {
    const jsm = await jetstreamManager(this.nc);
    await jsm.consumers.delete(STREAM, durable).catch(() => undefined);
  }

  async stored() {
    const jsm = await jetstreamManager(this.nc);
    return (await jsm.streams.info(STREAM)).state.messages;
  }

  /** Waits until the server has counted every answer: answers are not answered themselves. @param {string} durable */
  async leftOf(durable) {
    const jsm = await jetstreamManager(this.nc);
    for (const deadline = performance.now() + 5_000; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const { num_pending, num_ack_pending } = await jsm.consumers.info(STREAM, durable);
      if (num_pending + num_ack_pending === 0 || performance.now() > deadline) return num_pending + num_ack_pending;
    }
  }

  /** @param {string} expression @param {string} table */
  async count(expression, table) {
    const { rows } = await this.db.query(`SELECT count(${expression})::int AS count FROM ${table}`);
    return rows[0].count;
  }
}

/** A figure about events that were lost is none. @param {string} what @param {number} is @param {number} wanted */
export function expectCount(what, is, wanted) {
  if (is !== wanted) throw new Error(`${what}: ${is}, and there should be ${wanted}`);
}
