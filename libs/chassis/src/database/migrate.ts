import type { Client } from 'pg';
import { libraryMigrations, type Migration } from './migration.ts';

const LOCK = 'mela.migrate';
const LOCK_TIMEOUT_MS = 300;
const PATIENCE_MS = 60_000;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Applies what is missing, one transaction a step, under an advisory lock, so that ten processes starting at once
 * migrate once. A step that would queue behind a long reader gives up after 300 ms and tries again: without that
 * limit an ALTER in the queue blocks every read behind it.
 */
export async function migrate(client: Client, service: string, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock(hashtext($1), hashtext($2))', [LOCK, service]);
  try {
    await client.query(`CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
    const applied: string[] = [];
    for (const step of await pendingMigrations(client, migrations)) {
      await applyPatiently(client, step);
      applied.push(step.name);
    }
    return applied;
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1), hashtext($2))', [LOCK, service]);
  }
}

/** Steps not applied yet, in order; a step of the table that the code does not know is a newer release's and is left alone. */
export async function pendingMigrations(client: Pick<Client, 'query'>, migrations: readonly Migration[]): Promise<Migration[]> {
  const known = await client.query<{ present: string | null }>(`SELECT to_regclass('migration')::text AS present`);
  const done = known.rows[0]?.present ? (await client.query<{ name: string }>('SELECT name FROM migration')).rows.map((row) => row.name) : [];
  const all = [...libraryMigrations, ...[...migrations].sort((a, b) => a.name.localeCompare(b.name))];
  return all.filter((step) => !done.includes(step.name));
}

async function applyPatiently(client: Client, step: Migration): Promise<void> {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      for (const statement of step.statements) await client.query(statement);
      await client.query('INSERT INTO migration (name) VALUES ($1)', [step.name]);
      await client.query('COMMIT');
      return;
    } catch (error) {
      await client.query('ROLLBACK');
      const busy = (error as { code?: string }).code === LOCK_NOT_AVAILABLE && Date.now() < giveUpAt;
      if (!busy) throw new Error(`Migration ${step.name} failed: ${(error as Error).message}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 400));
    }
  }
}
