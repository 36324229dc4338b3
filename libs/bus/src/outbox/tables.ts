import { inboxTables } from '../consume/tables.ts';

/** Which stream a relay's last sequence is of. */
export const relayEpoch: readonly string[] = [`ALTER TABLE relay_state ADD COLUMN IF NOT EXISTS epoch text`];

/**
 * Names are unqualified: the migration's search_path is the service's own schema.
 * Each statement may run again on a schema that already has it.
 */
const outboxTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS outbox (
    shard smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_id uuid NOT NULL,
    aggregate_id text NOT NULL,
    aggregate_version int NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    payload bytea NOT NULL CHECK (octet_length(payload) <= 524288),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, id)
  )`,
  // A queue is deleted from as fast as it is written to: dead rows must go before they slow the relay's scan.
  `ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0)`,
  `CREATE TABLE IF NOT EXISTS outbox_sent (
    shard smallint NOT NULL,
    id bigint NOT NULL,
    event_id uuid NOT NULL,
    aggregate_id text NOT NULL,
    aggregate_version int NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL,
    stream_seq bigint NOT NULL,
    sent_at timestamptz NOT NULL
  ) PARTITION BY RANGE (sent_at)`,
  // Rewind recovery reads from a position on. BRIN costs next to nothing on every move.
  `CREATE INDEX IF NOT EXISTS outbox_sent_stream_seq ON outbox_sent USING brin (stream_seq)`,
  `CREATE TABLE IF NOT EXISTS relay_state (
    shard smallint PRIMARY KEY,
    last_seq bigint NOT NULL,
    last_event_id uuid NOT NULL
  )`,
  ...relayEpoch,
];

/** The bus's own tables, created inside each service's schema. */
export const busTables: readonly string[] = [...outboxTables, ...inboxTables];
