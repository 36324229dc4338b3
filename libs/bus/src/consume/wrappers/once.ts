import type { EventOf } from '@mela/contracts';
import type { Sql } from '../../sql.ts';
import type { Handle } from '../consumer-definition.ts';

/** The inbox: of the events given, those this consumer has not applied yet are applied, each once. Answers how many. */
export const once =
  <Tx extends Sql>(consumer: string, handle: Handle<Tx>) =>
  async (events: readonly EventOf[], tx: Tx): Promise<number> => {
    // Sorted, so that two processes that hold the same events wait for each other and do not deadlock.
    const ids = events.map((event) => event.id).sort();
    const fresh = await tx.query<{ event_id: string }>(
      `INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id`,
      [consumer, ids],
    );
    const left = new Set(fresh.map((row) => row.event_id));
    for (const event of events) if (left.delete(event.id.toLowerCase())) await handle(event, tx);
    return fresh.length;
  };
