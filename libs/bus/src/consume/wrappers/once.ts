import type { EventOf } from '@mela/contracts';
import type { Sql } from '../../sql.ts';
import type { ConsumerDefinition } from '../consumer-definition.ts';

/** The inbox: of the events given, those this consumer has not applied yet are applied, each once. Answers how many. */
export const once =
  <Tx extends Sql>(consumer: string, { handle, handleAll }: Pick<ConsumerDefinition<Tx>, 'handle' | 'handleAll'>) =>
  async (events: readonly EventOf[], tx: Tx): Promise<number> => {
    // Ids are UUIDs, checked, so the array needs no escaping.
    // Sorted, so that two processes that hold the same events wait for each other and do not deadlock.
    const ids = events.map((event) => event.id).sort();
    const fresh = await tx.query<{ event_id: string }>(
      `INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id`,
      [consumer, `{${ids.join(',')}}`],
    );
    const left = new Set(fresh.map((row) => row.event_id));
    const unapplied = events.filter((event) => left.delete(event.id.toLowerCase()));
    if (handleAll && unapplied.length > 1) await handleAll(unapplied, tx);
    else for (const event of unapplied) await handle(event, tx);
    // A handler that swallowed a failed statement leaves a transaction whose COMMIT rolls back and reports no fault:
    // the event would be acknowledged and lost. Such a transaction refuses any further statement.
    if (fresh.length > 0) await tx.query('SELECT 1');
    return fresh.length;
  };
