import type { Migration } from '@mela/chassis';

export const verificationTables: Migration = {
  name: '0007-verification',
  statements: [
    `ALTER TABLE person ADD COLUMN email_verified_at timestamptz`,
    `ALTER TABLE person ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language <> '')`,
    `CREATE TABLE email_change (
       id uuid PRIMARY KEY,
       person_id uuid NOT NULL REFERENCES person ON DELETE CASCADE,
       session_id uuid NOT NULL,
       old_email text NOT NULL,
       new_email text NOT NULL CHECK (new_email = lower(new_email)),
       old_confirmed_at timestamptz,
       new_confirmed_at timestamptz,
       expires_at timestamptz NOT NULL,
       completed_at timestamptz,
       superseded_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX email_change_open ON email_change (person_id) WHERE completed_at IS NULL AND superseded_at IS NULL`,
    `CREATE INDEX email_change_by_age ON email_change (expires_at)`,
    // Whose it is is not looked up for a forgotten password: an address that nobody has takes the same steps.
    `CREATE TABLE verification (
       id uuid PRIMARY KEY,
       purpose text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'confirm_old_email', 'confirm_new_email')),
       person_id uuid REFERENCES person ON DELETE CASCADE,
       change_id uuid REFERENCES email_change ON DELETE CASCADE,
       email text NOT NULL,
       salt bytea NOT NULL CHECK (octet_length(salt) = 16),
       token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
       expires_at timestamptz NOT NULL,
       used_at timestamptz,
       superseded_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT now())`,
    `CREATE INDEX verification_by_email ON verification (email, purpose, created_at)`,
    `CREATE INDEX verification_by_person ON verification (person_id)`,
    `CREATE INDEX verification_by_change ON verification (change_id)`,
    `CREATE INDEX verification_by_age ON verification (expires_at)`,
  ],
};
