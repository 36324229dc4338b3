import type { Migration } from '@mela/chassis';

export const archivesByBytes: Migration = {
  name: '0016-archives-by-bytes',
  statements: [
    // An archive is asked for by bytes, and nobody counts its pieces any more.
    `ALTER TABLE export DROP CONSTRAINT export_ready, DROP COLUMN chunks,
       ADD CONSTRAINT export_ready CHECK (num_nulls(ready_at, missing, bytes) IN (0, 3))`,
  ],
};
