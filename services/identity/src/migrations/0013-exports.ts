import type { Migration } from '@mela/chassis';

export const exportTables: Migration = {
  name: '0013-exports',
  statements: [
    // Whoever is deleted takes it along, finished or not.
    `CREATE TABLE export (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       expected text[] NOT NULL,
       asked_at timestamptz NOT NULL DEFAULT now(),
       ready_at timestamptz,
       missing text[],
       bytes int,
       chunks int,
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       CONSTRAINT export_ready CHECK (num_nulls(ready_at, missing, bytes, chunks) IN (0, 4)))`,
    `CREATE INDEX export_by_person ON export (person_id, asked_at)`,
    `CREATE INDEX export_by_age ON export (asked_at)`,
    `CREATE TABLE export_page (
       export_id uuid NOT NULL REFERENCES export ON DELETE CASCADE,
       service text NOT NULL,
       page int NOT NULL,
       is_last boolean NOT NULL,
       records jsonb NOT NULL,
       PRIMARY KEY (export_id, service, page))`,
    `CREATE TABLE export_chunk (
       export_id uuid NOT NULL REFERENCES export ON DELETE CASCADE,
       chunk int NOT NULL,
       bytes bytea NOT NULL,
       PRIMARY KEY (export_id, chunk))`,
  ],
};
