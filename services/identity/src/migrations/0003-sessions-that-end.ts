import type { Migration } from '@mela/chassis';

export const sessionsThatEnd: Migration = {
  name: '0003-sessions-that-end',
  statements: [
    `ALTER TABLE session ADD COLUMN device text CHECK (device <> '')`,
    // How much was said of it: nothing until it ends.
    `ALTER TABLE session ADD COLUMN version int NOT NULL DEFAULT 0 CHECK (version >= 0)`,
  ],
};
