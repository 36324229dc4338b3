import type { Migration } from '@mela/chassis';

export const endedSessions: Migration = {
  name: '0014-ended-sessions',
  statements: [
    // They lie in the order in which they end, nearly: so little is needed to find those that have.
    `CREATE INDEX session_by_end ON session USING brin (expires_at)`,
  ],
};
