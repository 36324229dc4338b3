import { busTables, relayEpoch, replicaTables } from '@mela/bus';

/** One step of a schema, applied once, in the order of its name (`0001-communities`). */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/** The tables that the libraries need in every service's schema. A later change is a step of its own. */
export const libraryMigrations: readonly Migration[] = [
  { name: '0000-bus', statements: busTables },
  {
    name: '0000-chassis',
    statements: [
      `CREATE TABLE idempotency (
         caller text NOT NULL, operation text NOT NULL, key text NOT NULL,
         fingerprint text NOT NULL, answer json, refused boolean NOT NULL,
         created_at timestamptz NOT NULL DEFAULT now(),
         PRIMARY KEY (caller, operation, key))`,
      `CREATE INDEX idempotency_by_age ON idempotency (created_at)`,
      `CREATE TABLE members (
         community_id uuid NOT NULL, user_id uuid NOT NULL, role text, version int NOT NULL,
         PRIMARY KEY (community_id, user_id))`,
    ],
  },
  { name: '0000-bus-replica', statements: replicaTables },
  { name: '0000-bus-relay-epoch', statements: relayEpoch },
];
