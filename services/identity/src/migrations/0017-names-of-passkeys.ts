import type { Migration } from '@mela/chassis';

export const namesOfPasskeys: Migration = {
  name: '0017-names-of-passkeys',
  statements: [
    // What people called their passkeys was noted once, and goes with where they were. An older version forgets no name, so that goes here, whoever forgets the rest.
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
         IF OLD.what = 'passkey_added' THEN
           forgotten.details := OLD.details - 'name';
           NEW.details := NEW.details - 'name';
         END IF;
         IF NEW IS NOT DISTINCT FROM forgotten AND coalesce(OLD.who, OLD.about) IS NOT NULL
            AND NOT EXISTS (SELECT FROM person WHERE id = coalesce(OLD.who, OLD.about)) THEN
           RETURN NEW;
         END IF;
       END IF;
       RAISE EXCEPTION 'The audit log is only ever added to' USING ERRCODE = 'insufficient_privilege';
     END $$`,
    // Of those who are gone already; what is told to whoever is there stays until they go.
    `UPDATE audit SET client_address = NULL, user_agent = NULL, device = NULL, details = details - 'name'
     WHERE what = 'passkey_added' AND details ? 'name' AND NOT EXISTS (SELECT FROM person WHERE id = audit.who)`,
  ],
};
