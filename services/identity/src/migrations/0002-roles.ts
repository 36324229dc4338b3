import type { Migration } from '@mela/chassis';

export const platformRoles: Migration = {
  name: '0002-roles',
  statements: [
    `ALTER TABLE person ADD COLUMN role text NOT NULL DEFAULT 'member' CONSTRAINT person_role CHECK (role IN ('member', 'admin', 'super_admin'))`,
    // They are few, and looked for before one of them may go.
    `CREATE INDEX person_super_admin ON person (id) WHERE role = 'super_admin'`,
  ],
};
