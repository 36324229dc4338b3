import type { Migration } from '@mela/chassis';

export const communitiesTables: Migration = {
  name: '0001-communities',
  statements: [
    `CREATE TABLE community (
       id uuid PRIMARY KEY,
       name text NOT NULL CHECK (name <> ''),
       about text NOT NULL DEFAULT '',
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       created_at timestamptz NOT NULL DEFAULT now())`,
    // People live in another service, so user_id refers to nothing here.
    `CREATE TABLE membership (
       community_id uuid NOT NULL REFERENCES community,
       user_id uuid NOT NULL,
       role text NOT NULL CHECK (role IN ('member', 'moderator', 'admin', 'owner')),
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       joined_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (community_id, user_id))`,
    `CREATE TABLE post (
       id uuid PRIMARY KEY,
       community_id uuid NOT NULL REFERENCES community,
       author_id uuid NOT NULL,
       body text NOT NULL CHECK (body <> ''),
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX post_newest ON post (community_id, created_at DESC, id DESC)`,
  ],
};
