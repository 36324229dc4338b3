import type { Migration } from '@mela/chassis';

export const identityTables: Migration = {
  name: '0001-identity',
  statements: [
    // The contract folds the address; the check keeps any other way in from storing one that nobody could sign in with.
    `CREATE TABLE person (
       id uuid PRIMARY KEY,
       email text NOT NULL CONSTRAINT person_email UNIQUE CONSTRAINT person_email_folded CHECK (email = lower(email)),
       name text NOT NULL CHECK (name <> ''),
       password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE session (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       generation int NOT NULL DEFAULT 1 CHECK (generation >= 1),
       token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
       rotated_at timestamptz NOT NULL DEFAULT now(),
       expires_at timestamptz NOT NULL,
       revoked_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX session_by_person ON session (person_id, expires_at)`,
    `CREATE TABLE signing_key (
       kid text PRIMARY KEY,
       public_jwk jsonb NOT NULL,
       sealed_jwk bytea NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now())`,
  ],
};
