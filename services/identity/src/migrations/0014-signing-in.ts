import type { Migration } from '@mela/chassis';

export const signingIn: Migration = {
  name: '0014-signing-in',
  statements: [
    // They lie in the order in which they end, nearly: so little is needed to find those that have.
    `CREATE INDEX session_by_end ON session USING brin (expires_at)`,
    // Whoever signs in holds the account, and reads with it whether codes are on.
    `ALTER TABLE person ADD COLUMN codes_on boolean NOT NULL DEFAULT false`,
    `UPDATE person SET codes_on = true WHERE id IN (SELECT person_id FROM totp WHERE confirmed_at IS NOT NULL)`,
  ],
};
