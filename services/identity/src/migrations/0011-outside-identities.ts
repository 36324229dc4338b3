import type { Migration } from '@mela/chassis';

export const outsideIdentities: Migration = {
  name: '0011-outside-identities',
  statements: [
    // Whoever others vouch for needs no password.
    `ALTER TABLE person ALTER COLUMN password_hash DROP NOT NULL`,
    // An issuer never gives a subject to somebody else; an address it may.
    `CREATE TABLE outside_identity (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       provider text NOT NULL CHECK (provider <> ''),
       issuer text NOT NULL CHECK (issuer <> ''),
       subject text NOT NULL CHECK (subject <> ''),
       created_at timestamptz NOT NULL DEFAULT now(),
       last_used_at timestamptz NOT NULL DEFAULT now(),
       CONSTRAINT outside_identity_subject UNIQUE (issuer, subject))`,
    `CREATE INDEX outside_identity_by_person ON outside_identity (person_id)`,
    // Of state and secret the hashes alone: with what lies here nobody comes back.
    `CREATE TABLE outside_flow (
       state_hash bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
       secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
       provider text NOT NULL,
       redirect_uri text NOT NULL,
       nonce text NOT NULL,
       verifier text NOT NULL,
       expires_at timestamptz NOT NULL)`,
    `CREATE INDEX outside_flow_over ON outside_flow (expires_at)`,
  ],
};
