import pg from 'pg';
import type { Answer } from '../answers.ts';

export async function postgresAnswers(url: string, within: number): Promise<Answer> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: within, query_timeout: within, application_name: 'mela' });
  // A connection that breaks later reports here; without a listener that would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return { version: rows[0]?.server_version.split(' ')[0] ?? 'unknown' };
  } finally {
    await client.end().catch(() => undefined);
  }
}
