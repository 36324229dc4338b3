import type { EventOf } from '@mela/contracts';
import type { Sql } from '../../sql.ts';
import type { ConsumerDefinition } from '../consumer-definition.ts';

/** Answers those that were there before: mostly none, and rows that nobody sends need not be read. */
const REMEMBER = `
  WITH fresh AS (INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id)
  SELECT event_id FROM unnest($2::uuid[]) AS given (event_id) WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.event_id = given.event_id)`;

/** The inbox: of the events given, those this consumer has not applied yet are applied, each once. Answers how many. */
export const once =
  <Tx extends Sql>(consumer: string, { handle, handleAll }: Pick<ConsumerDefinition<Tx>, 'handle' | 'handleAll'>) =>
  async (events: readonly EventOf[], tx: Tx): Promise<number> => {
    // Sorted, so that two processes that hold the same events wait for each other and do not deadlock.
    const ids = events.map((event) => event.id).sort();
    // Ids are UUIDs, checked, so the array needs no escaping.
    const known = await tx.query<{ event_id: string }>(REMEMBER, [consumer, `{${ids.join(',')}}`]);
    const applied = new Set(known.map((row) => row.event_id));
    const unapplied = events.filter(({ id }) => applied.size < applied.add(id.toLowerCase()).size);
    if (handleAll && unapplied.length > 1) await handleAll(byAggregate(unapplied), tx);
    else for (const event of byAggregate(unapplied)) await handle(event, tx);
    // A handler that swallowed a failed statement leaves a transaction whose COMMIT rolls back and reports no fault:
    // the event would be acknowledged and lost. Such a transaction refuses any further statement.
    if (unapplied.length > 0) await tx.query('SELECT 1');
    return unapplied.length;
  };

/** Side by side, each aggregate's as they came, and aggregates as every process has them: so rows are locked in one order. */
const byAggregate = (events: EventOf[]): EventOf[] => events.sort((one, other) => (one.subject < other.subject ? -1 : one.subject > other.subject ? 1 : 0));
