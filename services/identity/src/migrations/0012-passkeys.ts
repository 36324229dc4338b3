import type { Migration } from '@mela/chassis';

export const passkeys: Migration = {
  name: '0012-passkeys',
  statements: [
    `CREATE TABLE passkey (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       credential_id text NOT NULL CONSTRAINT passkey_credential UNIQUE CHECK (credential_id <> ''),
       public_key bytea NOT NULL,
       counter bigint NOT NULL CHECK (counter >= 0),
       name text NOT NULL CHECK (name <> ''),
       is_backed_up boolean NOT NULL,
       transports text[] NOT NULL DEFAULT '{}',
       created_at timestamptz NOT NULL DEFAULT now(),
       last_used_at timestamptz)`,
    `CREATE INDEX passkey_by_person ON passkey (person_id)`,
    // A challenge is sealed and kept nowhere; that it was used is remembered for longer than it is good for.
    `CREATE TABLE used_challenge (
       id bytea PRIMARY KEY CHECK (octet_length(id) = 16),
       expires_at timestamptz NOT NULL)`,
    `CREATE INDEX used_challenge_by_age ON used_challenge (expires_at)`,
  ],
};
