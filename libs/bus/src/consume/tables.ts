/** What replicas remember of how they were built, and of how far they have followed since. */
export const replicaTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS replica (
    consumer text PRIMARY KEY,
    build int NOT NULL,
    epoch text NOT NULL,
    followed_to bigint NOT NULL,
    cursor text,
    items bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz
  )`,
];

/** What consumers remember: the events they have applied, and those nobody could apply. */
export const inboxTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
  )`,
  // For pruning by age: rows arrive in the order of time, so the smallest index there is will do.
  `CREATE INDEX IF NOT EXISTS inbox_processed_at ON inbox USING brin (processed_at)`,
  `CREATE TABLE IF NOT EXISTS dead_letter (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    stream_seq bigint NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    payload bytea NOT NULL,
    error text NOT NULL,
    attempts int NOT NULL,
    state text NOT NULL CHECK (state IN ('trying', 'dead', 'replay', 'discarded')),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_error_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
  )`,
  ...replicaTables,
];
