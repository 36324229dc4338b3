import type { Migration } from '@mela/chassis';

const SEEN_BY = `CHECK (%s IN ('everyone', 'members', 'nobody'))`;
const seenBy = (field: string, fallback: string) => `${field} text NOT NULL DEFAULT '${fallback}' ${SEEN_BY.replace('%s', field)}`;

export const profiles: Migration = {
  name: '0006-profiles',
  statements: [
    // Whoever never changed anything has none: an older version makes accounts beside this one and knows nothing of it.
    `CREATE TABLE profile (
       person_id uuid PRIMARY KEY REFERENCES person ON DELETE CASCADE,
       version int NOT NULL DEFAULT 0 CHECK (version >= 0),
       bio text CHECK (bio <> ''),
       avatar uuid,
       locale text,
       time_zone text,
       units text CHECK (units IN ('metric', 'imperial')),
       theme text CHECK (theme IN ('system', 'light', 'dark')),
       ${seenBy('bio_seen_by', 'everyone')},
       ${seenBy('avatar_seen_by', 'everyone')},
       ${seenBy('email_seen_by', 'nobody')},
       handles_given_up timestamptz[] NOT NULL DEFAULT '{}',
       steps_skipped text[] NOT NULL DEFAULT '{}',
       completed_at timestamptz)`,
    // One that was given up stays its owner's until then.
    `CREATE TABLE handle (
       handle text PRIMARY KEY CHECK (handle ~ '^[a-z][a-z0-9_.]{2,29}$'),
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       kept_until timestamptz)`,
    `CREATE UNIQUE INDEX handle_in_use ON handle (person_id) WHERE kept_until IS NULL`,
    `CREATE INDEX handle_by_person ON handle (person_id)`,
  ],
};
