import type { Migration } from '@mela/chassis';

/** Whoever left keeps their row, without a role. */
export const whoLeft: Migration = {
  name: '0002-who-left',
  statements: ['ALTER TABLE membership ALTER COLUMN role DROP NOT NULL'],
};
