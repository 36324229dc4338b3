import type { Migration } from '@mela/chassis';

export const administration: Migration = {
  name: '0005-administration',
  statements: [
    `ALTER TABLE person
       ADD COLUMN suspended_at timestamptz,
       ADD COLUMN suspended_by uuid,
       ADD COLUMN suspension_reason text,
       ADD CONSTRAINT person_suspension CHECK ((suspended_at IS NULL) = (suspension_reason IS NULL) AND (suspended_at IS NULL) = (suspended_by IS NULL))`,
    `CREATE INDEX person_newest ON person (created_at DESC, id DESC)`,
    // Who looks through the person's eyes. Such a session is never refreshed: its hash is of nothing.
    `ALTER TABLE session ADD COLUMN impersonator_id uuid REFERENCES person ON DELETE CASCADE`,
    `CREATE INDEX session_by_impersonator ON session (impersonator_id) WHERE impersonator_id IS NOT NULL`,
    // Who and about whom are no references: what happened outlives those whom it happened to.
    `CREATE TABLE audit (
       id uuid PRIMARY KEY,
       at timestamptz NOT NULL DEFAULT now(),
       what text NOT NULL CHECK (what <> ''),
       who uuid,
       about uuid,
       client_address text,
       user_agent text,
       device text,
       trace_id text,
       details jsonb NOT NULL DEFAULT '{}')`,
    `CREATE INDEX audit_newest ON audit (at DESC, id DESC)`,
    `CREATE INDEX audit_about ON audit (about, at DESC, id DESC) WHERE about IS NOT NULL`,
    `CREATE INDEX audit_who ON audit (who, at DESC, id DESC) WHERE who IS NOT NULL`,
    // Rows go by the purge alone, which says how old they are, and never within thirty days, whatever it says.
    `CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'DELETE' AND OLD.at < now() - interval '30 days'
          AND OLD.at < now() - make_interval(days => nullif(current_setting('mela.audit_days', true), '')::int) THEN
         RETURN OLD;
       END IF;
       RAISE EXCEPTION 'The audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
     END $$`,
    `CREATE TRIGGER audit_row_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays()`,
    `CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()`,
  ],
};
