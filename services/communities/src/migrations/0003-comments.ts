import type { Migration } from '@mela/chassis';

export const comments: Migration = {
  name: '0003-comments',
  statements: [
    `CREATE TABLE comment (
       id uuid PRIMARY KEY,
       post_id uuid NOT NULL REFERENCES post,
       community_id uuid NOT NULL REFERENCES community,
       author_id uuid NOT NULL,
       body text NOT NULL CHECK (body <> ''),
       version int NOT NULL DEFAULT 1 CHECK (version >= 1),
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX comment_oldest ON comment (post_id, created_at, id)`,
  ],
};
