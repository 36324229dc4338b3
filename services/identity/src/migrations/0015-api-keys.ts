import type { Migration } from '@mela/chassis';

export const apiKeys: Migration = {
  name: '0015-api-keys',
  statements: [
    `CREATE TABLE api_key (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       name text NOT NULL CHECK (name <> ''),
       scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
       created_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz,
       revoked_at timestamptz,
       version int NOT NULL DEFAULT 1 CHECK (version >= 1))`,
    `CREATE INDEX api_key_by_person ON api_key (person_id, created_at)`,
    // What is shown. Its id stands in the tokens that are given for it, in the place of a session's.
    `CREATE TABLE api_key_secret (
       id uuid PRIMARY KEY,
       key_id uuid NOT NULL REFERENCES api_key ON DELETE CASCADE,
       prefix text NOT NULL CONSTRAINT api_key_secret_prefix UNIQUE CHECK (prefix <> ''),
       hash bytea NOT NULL CHECK (octet_length(hash) = 32),
       created_at timestamptz NOT NULL DEFAULT now(),
       ends_at timestamptz,
       last_used_at timestamptz,
       last_refused_at timestamptz)`,
    `CREATE INDEX api_key_secret_by_key ON api_key_secret (key_id)`,
    // However many rotate it at once.
    `CREATE UNIQUE INDEX api_key_secret_current ON api_key_secret (key_id) WHERE ends_at IS NULL`,
  ],
};
