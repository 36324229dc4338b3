import type { PoolClient } from 'pg';
import { DataSource, type EntitySchema, type MixedList } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { MindedClient } from './minded-client.ts';
import { traceStatements } from './statements.ts';

// Time spent waiting for a connection or a statement is bounded, so that an outage is an answer and not a hang.
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 8_000; // below the ten seconds after which nobody waits for the answer
const IDLE_IN_TRANSACTION_MS = 30_000;

type Connection = [client: PoolClient, release: () => void];

export interface DataSourceOptions {
  service: string;
  url: string;
  connections: number;
  entities: MixedList<Function | string | EntitySchema>;
}

/** TypeORM on the service's own schema; names without a schema mean that one. */
export function dataSource({ service, url, connections, entities }: DataSourceOptions): DataSource {
  const source = new DataSource({
    type: 'postgres',
    url,
    schema: service,
    entities,
    synchronize: false,
    poolSize: connections,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    applicationName: `mela-${service}`,
    installExtensions: false,
    extra: {
      Client: MindedClient,
      // Nothing waits for an answer that it does not need.
      pipeline: true,
      options: `-c search_path=${service} -c statement_timeout=${STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
      idleTimeoutMillis: 60_000,
    },
  });
  return traceStatements(source);
}

/** One of the pool's, for a statement that a store wrote: TypeORM's own runner is made for more, and takes as long again. */
export const connectionOf = (source: DataSource): Promise<Connection> => (source.driver as PostgresDriver).obtainMasterConnection() as Promise<Connection>;

const CONNECTIONS_BESIDE_THE_POOL = 1; // the relay's own session, which holds its locks

/** One budget for all services of a process, so that fifteen in one stay below PostgreSQL's default of 100. */
export const poolShare = (budget: number, services: number): number =>
  Math.max(2, Math.floor(budget / Math.max(1, services)) - CONNECTIONS_BESIDE_THE_POOL);
