import type { Migration } from '@mela/chassis';

const erasable = (table: string) => [
  `ALTER TABLE ${table}
     ADD COLUMN erased_at timestamptz,
     DROP CONSTRAINT ${table}_body_check,
     ADD CONSTRAINT ${table}_body CHECK ((body = '') = (erased_at IS NOT NULL))`,
  `CREATE INDEX ${table}_by_author ON ${table} (author_id) WHERE erased_at IS NULL`,
];

/** What somebody wrote who is gone keeps its place, and says nothing any more. */
export const erased: Migration = {
  name: '0004-erased',
  statements: [...erasable('post'), ...erasable('comment'), 'CREATE INDEX membership_by_person ON membership (user_id) WHERE role IS NOT NULL'],
};
