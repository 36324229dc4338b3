/**
 * What was sent is kept for 24 hours in hourly partitions: dropping one costs nothing, deleting its rows would.
 * Three hours are made ahead, so that an upkeep that could not get its lock has time to try again.
 * The clock is the database's, like that of the rows.
 */
export const keepPartitions = `DO $upkeep$
DECLARE
  hour timestamptz;
  old record;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('mela.outbox_sent.' || current_schema(), 0));
  FOR hour IN SELECT generate_series(date_trunc('hour', now(), 'UTC'), now() + interval '3 hours', interval '1 hour') LOOP
    IF to_regclass('outbox_sent_' || to_char(hour AT TIME ZONE 'UTC', 'YYYYMMDDHH24')) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF outbox_sent FOR VALUES FROM (%L) TO (%L)',
        'outbox_sent_' || to_char(hour AT TIME ZONE 'UTC', 'YYYYMMDDHH24'), hour, hour + interval '1 hour');
    END IF;
  END LOOP;
  FOR old IN
    SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
    WHERE inhparent = 'outbox_sent'::regclass
      AND to_timestamp(right(child.relname, 10), 'YYYYMMDDHH24') AT TIME ZONE current_setting('TimeZone') < (now() AT TIME ZONE 'UTC') - interval '25 hours'
  LOOP
    EXECUTE format('DROP TABLE %I', old.name);
  END LOOP;
END $upkeep$`;
