import type { Migration } from '@mela/chassis';

export const secondFactor: Migration = {
  name: '0009-second-factor',
  statements: [
    // Codes are counted by steps of half a minute since 1970; the last that was taken is never taken again.
    `CREATE TABLE totp (
       person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
       sealed_secret bytea NOT NULL,
       confirmed_at timestamptz,
       last_step int NOT NULL DEFAULT 0 CHECK (last_step >= 0),
       wrong_codes timestamptz[] NOT NULL DEFAULT '{}',
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE TABLE recovery_code (
       person_id uuid NOT NULL REFERENCES totp ON DELETE CASCADE,
       hash bytea NOT NULL CHECK (octet_length(hash) = 32),
       PRIMARY KEY (person_id, hash))`,
    // There is a row once something was tried: a challenge that nobody answered leaves nothing.
    `CREATE TABLE sign_in_challenge (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES totp ON DELETE CASCADE,
       wrong_codes int NOT NULL DEFAULT 0 CHECK (wrong_codes >= 0),
       is_spent boolean NOT NULL DEFAULT false,
       expires_at timestamptz NOT NULL)`,
    `CREATE INDEX sign_in_challenge_by_person ON sign_in_challenge (person_id, expires_at)`,
  ],
};
