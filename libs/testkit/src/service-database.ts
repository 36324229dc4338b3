import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSource, Db, migrate, provision, type DataSourceOptions, type Migration } from '@mela/chassis';
import { openPart } from '@mela/infra';
import { Client } from 'pg';

export interface ServiceDatabase {
  readonly db: Db;
  /** What was emitted and committed, in its order. */
  events(): Promise<{ type: string; aggregate: string; version: number; data: Record<string, unknown> }[]>;
  close(): Promise<void>;
}

/** PostgreSQL of one spec's own, with one service’s schema under its role. Nobody relays, so the outbox keeps what was said. */
export async function openDatabase(service: string, migrations: readonly Migration[], entities: DataSourceOptions['entities']): Promise<ServiceDatabase> {
  const folder = await mkdtemp(join(tmpdir(), `mela-${service}-`));
  const postgres = await openPart('postgres', { dataDir: folder, env: {}, throwaway: true });
  const url = await provision(postgres.url, service, 'a password of this spec');
  const client = new Client({ connectionString: url });
  await client.connect();
  await migrate(client, service, migrations);
  await client.end();
  // Enough for fifty at once on a slow machine: whoever waits for one too long is refused.
  const source = await dataSource({ service, url, connections: 25, entities }).initialize();
  const db = new Db(source, service, { ring: () => undefined });
  return {
    db,
    events: async () =>
      (
        await db.query<{ type: string; aggregate: string; version: number; payload: Buffer }>(
          `SELECT headers->>'ce-type' AS type, aggregate_id AS aggregate, aggregate_version AS version, payload FROM outbox ORDER BY id`,
        )
      ).map(({ payload, ...event }) => ({ ...event, data: JSON.parse(payload.toString('utf8')) })),
    close: async () => {
      await source.destroy();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
