import type { Migration } from '@mela/chassis';

export const mailTables: Migration = {
  name: '0001-mail',
  statements: [
    // Whom it is for and what it says is nobody's business here: that is asked when it is sent.
    `CREATE TABLE mail (
       id uuid PRIMARY KEY,
       about text NOT NULL,
       subject_id uuid NOT NULL,
       state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed', 'needless')),
       attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
       due_at timestamptz NOT NULL DEFAULT now(),
       reason text,
       created_at timestamptz NOT NULL DEFAULT now(),
       settled_at timestamptz,
       CONSTRAINT mail_settled CHECK ((state = 'waiting') = (settled_at IS NULL)))`,
    `CREATE INDEX mail_due ON mail (due_at) WHERE state = 'waiting'`,
    `CREATE INDEX mail_by_state ON mail (state, created_at, id)`,
  ],
};
