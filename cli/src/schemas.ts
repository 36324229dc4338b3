import { databaseSetting, migrate, provision, type Environment, type ServiceTarget } from '@mela/chassis';
import { Client } from 'pg';

interface MigratedSchema {
  readonly service: string;
  /** Under the service's own role. */
  readonly url: string;
  readonly applied: readonly string[];
}

export const passwordName = (service: string): string => `${service.toUpperCase()}_DATABASE_PASSWORD`;

interface Schemas {
  readonly services: readonly ServiceTarget[];
  readonly environment: Environment;
  readonly adminUrl: string | undefined;
  readonly passwords: Readonly<Record<string, string>>;
}

/** Gives every service its role and schema, and applies what its schema lacks. A service with a URL of its own has its role already. */
export function prepareSchemas({ services, environment, adminUrl, passwords }: Schemas): Promise<MigratedSchema[]> {
  return Promise.all(
    services.map(async (service): Promise<MigratedSchema> => {
      const given = environment[databaseSetting(service.name)];
      const url = given ?? (await provision(adminUrl ?? '', service.name, passwords[passwordName(service.name)] ?? ''));
      return { service: service.name, url, applied: await migrated(service, url) };
    }),
  );
}

/** Whether an earlier start has been here: its secrets were written before the first schema. */
export async function hasSchemas(adminUrl: string, services: readonly ServiceTarget[]): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = ANY($1)', [services.map(({ name }) => name)]);
    return rowCount !== 0;
  } finally {
    await client.end();
  }
}

async function migrated(service: ServiceTarget, url: string): Promise<string[]> {
  const client = new Client({
    connectionString: url, application_name: `mela-migrate-${service.name}`, options: `-c search_path=${service.name}`, connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks reports here too; the statement at hand says it already.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await migrate(client, service.name, service.migrations);
  } finally {
    await client.end();
  }
}
