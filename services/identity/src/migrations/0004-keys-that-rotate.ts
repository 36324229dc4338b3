import type { Migration } from '@mela/chassis';

export const keysThatRotate: Migration = {
  name: '0004-keys-that-rotate',
  statements: [
    `ALTER TABLE signing_key
       ADD COLUMN state text NOT NULL DEFAULT 'retired' CONSTRAINT signing_key_state CHECK (state IN ('next', 'signing', 'retired', 'withdrawn')),
       ADD COLUMN signs_from timestamptz,
       ADD COLUMN ended_at timestamptz,
       ADD COLUMN gone_at timestamptz,
       ADD COLUMN token_minutes int NOT NULL DEFAULT 0 CHECK (token_minutes >= 0),
       ADD COLUMN version int NOT NULL DEFAULT 0 CHECK (version >= 0),
       ALTER COLUMN sealed_jwk DROP NOT NULL`,
    // Nobody wrote down how long the tokens of before live: a day at the most.
    `UPDATE signing_key SET signs_from = created_at, token_minutes = 1440, state = 'signing'
     WHERE kid = (SELECT kid FROM signing_key ORDER BY created_at DESC, kid DESC LIMIT 1)`,
    `UPDATE signing_key SET signs_from = created_at, ended_at = now(), gone_at = now() + interval '1 day', sealed_jwk = NULL WHERE state = 'retired'`,
    `ALTER TABLE signing_key ALTER COLUMN state SET DEFAULT 'next'`,
    // What signs no more can sign no more.
    `ALTER TABLE signing_key ADD CONSTRAINT signing_key_sealed CHECK ((state IN ('next', 'signing')) = (sealed_jwk IS NOT NULL))`,
    `CREATE UNIQUE INDEX signing_key_one_of_each ON signing_key (state) WHERE state IN ('next', 'signing')`,
  ],
};
