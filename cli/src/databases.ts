import type { Sql } from '@mela/bus';
import { databaseSetting, type Environment } from '@mela/chassis';
import { Client } from 'pg';
import { Fault } from './fault.ts';

/** A session in one service's schema, under its own role, for the time of the work. */
export async function inSchemaOf<R>(service: string, environment: Environment, work: (sql: Sql) => Promise<R>): Promise<R> {
  const setting = databaseSetting(service);
  const url = environment[setting];
  if (url === undefined)
    throw new Fault('settings.invalid', `${setting} is missing: where ${service} keeps what it knows.`, {
      hint: `Start \`mela up\` first (or name its folder with --data), or set ${setting}; \`mela migrate --show-urls\` prints it.`,
    });
  const client = new Client({ connectionString: url, application_name: 'mela-cli', options: `-c search_path=${service}`, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work({ query: async (statement, parameters = []) => (await client.query(statement, [...parameters])).rows });
  } finally {
    await client.end();
  }
}
