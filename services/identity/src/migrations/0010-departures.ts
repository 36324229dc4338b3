import type { Migration } from '@mela/chassis';

export const departures: Migration = {
  name: '0010-departures',
  statements: [
    `ALTER TABLE person
       ADD COLUMN deactivated_at timestamptz,
       ADD COLUMN deletion_due_at timestamptz,
       ADD CONSTRAINT person_departure CHECK (deletion_due_at IS NULL OR deactivated_at IS NOT NULL)`,
    `CREATE INDEX person_deletion_due ON person (deletion_due_at) WHERE deletion_due_at IS NOT NULL`,
    // Beside the purge there is one change: where somebody who is gone was, and with what, is forgotten of what is theirs.
    `CREATE OR REPLACE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE
       forgotten audit;
     BEGIN
       IF TG_OP = 'DELETE' AND OLD.at < now() - interval '30 days'
          AND OLD.at < now() - make_interval(days => nullif(current_setting('mela.audit_days', true), '')::int) THEN
         RETURN OLD;
       END IF;
       IF TG_OP = 'UPDATE' THEN
         forgotten := OLD;
         forgotten.client_address := NULL;
         forgotten.user_agent := NULL;
         forgotten.device := NULL;
         IF NEW IS NOT DISTINCT FROM forgotten AND coalesce(OLD.who, OLD.about) IS NOT NULL
            AND NOT EXISTS (SELECT FROM person WHERE id = coalesce(OLD.who, OLD.about)) THEN
           RETURN NEW;
         END IF;
       END IF;
       RAISE EXCEPTION 'The audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
     END $$`,
  ],
};
