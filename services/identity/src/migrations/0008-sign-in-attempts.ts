import type { Migration } from '@mela/chassis';

export const signInAttempts: Migration = {
  name: '0008-sign-in-attempts',
  statements: [
    // Not logged: a server that crashed counts from nought, and guessing does not wait for that.
    `CREATE UNLOGGED TABLE sign_in_attempt (
       key bytea PRIMARY KEY,
       attempts int NOT NULL,
       until timestamptz NOT NULL)`,
    `CREATE INDEX sign_in_attempt_until ON sign_in_attempt (until)`,
    // From where somebody has signed in: whoever guesses from elsewhere does not keep them out.
    `CREATE TABLE familiar_place (
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       place bytea NOT NULL,
       seen_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (person_id, place))`,
  ],
};
