import type { Rows, ServiceEvidence, Workload } from '@mela/testkit/chaos';
import { inSession } from '../../session.ts';

const CONNECT_WITHIN_MS = 10_000;

type Aggregates = ServiceEvidence['aggregates'][string];

/** What one service's schema holds, all of one moment. `kept` is SQL for each replica that it keeps. */
export async function readService(service: string, url: string, workload: Workload | undefined, kept: Readonly<Record<string, string>>): Promise<ServiceEvidence> {
  return withSchema(url, service, async (query) => ({
    aggregates: await each(workload?.aggregates, async (sql) => numbered<Aggregates[number]>(await query(sql), 'version')),
    rows: await each(workload?.rows, query),
    outbox: (await query('SELECT event_id::text AS id FROM outbox ORDER BY shard, id')).map(({ id }) => String(id)),
    sent: numbered<ServiceEvidence['sent'][number]>(
      await query('SELECT event_id::text AS "eventId", aggregate_id AS aggregate, aggregate_version AS version, stream_seq AS "streamSeq" FROM outbox_sent ORDER BY stream_seq'), 'version', 'streamSeq'),
    deadLetters: (await query('SELECT consumer, event_id::text AS "eventId", state, error FROM dead_letter ORDER BY created_at')) as unknown as ServiceEvidence['deadLetters'],
    owned: await each(workload?.replicas && mapped(workload.replicas, ({ owned }) => owned), query),
    kept: await each(kept, query),
  }));
}

export async function readTally(url: string): Promise<Readonly<Record<string, number>>> {
  const rows = await withSchema(url, 'witness', (query) => query('SELECT aggregate, n FROM tally'));
  return Object.fromEntries(rows.map(({ aggregate, n }) => [String(aggregate), Number(n)]));
}

type Query = (sql: string) => Promise<Rows[string]>;

async function withSchema<R>(url: string, schema: string, read: (query: Query) => Promise<R>): Promise<R> {
  try {
    return await inSession({ url, schema, connectWithinMs: CONNECT_WITHIN_MS }, async (client) => {
      await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      return read(async (sql) => (await client.query<Rows[string][number]>(sql)).rows);
    });
  } catch (fault) {
    throw new Error(`The schema of ${schema} cannot be read: ${(fault as Error).message}`, { cause: fault });
  }
}

async function each<T>(statements: Readonly<Record<string, string>> | undefined, read: (sql: string) => Promise<T>): Promise<Record<string, T>> {
  const answers: Record<string, T> = {};
  for (const [name, sql] of Object.entries(statements ?? {})) answers[name] = await read(sql);
  return answers;
}

export const mapped = <T, R>(record: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** The driver hands out what PostgreSQL counts in bigints as text. */
const numbered = <Row>(rows: Rows[string], ...columns: readonly string[]): Row[] =>
  rows.map((row) => ({ ...row, ...Object.fromEntries(columns.map((column) => [column, Number(row[column])])) }) as Row);
