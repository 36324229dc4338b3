import type { Sql } from '../sql.ts';
import type { OutboxRow } from './chains.ts';
import type { Sealed } from './envelope.ts';

/**
 * Stores events beside the rows they tell of, in the caller's transaction.
 * The caller has locked or updated the aggregate first: only this makes the order of ids the order of its versions.
 * Answers the rows, which a relay may be told of once they are committed.
 */
export async function writeOutbox(tx: Sql, events: readonly Sealed[]): Promise<readonly OutboxRow[]> {
  if (events.length === 0) return [];
  const places = await tx.query<{ id: string; ctid: string }>(
    `INSERT INTO outbox (shard, event_id, aggregate_id, aggregate_version, subject, headers, payload)
     SELECT shard, event_id, aggregate_id, aggregate_version, subject, headers, payload
     FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::int[], $5::text[], $6::jsonb[], $7::bytea[]) WITH ORDINALITY
       AS event (shard, event_id, aggregate_id, aggregate_version, subject, headers, payload, place)
     ORDER BY place
     RETURNING id, ctid`,
    [
      events.map((event) => event.shard),
      events.map((event) => event.eventId),
      events.map((event) => event.aggregateId),
      events.map((event) => event.aggregateVersion),
      events.map((event) => event.subject),
      events.map((event) => JSON.stringify(event.headers)),
      events.map((event) => Buffer.from(event.payload)),
    ],
  );
  return events.map(({ shard, eventId, aggregateId, aggregateVersion, subject, headers, payload }, place) => ({
    ...places[place]!, shard, event_id: eventId, aggregate_id: aggregateId, aggregate_version: aggregateVersion, subject, headers, payload,
  }));
}
