import type { Log } from '../log.ts';
import type { Sql, Transactions } from '../sql.ts';
import type { Consumer } from './consumer.ts';
import type { Letter } from './dead-letter-box.ts';

interface Row {
  consumer: string;
  event_id: string;
  stream_seq: string;
  subject: string;
  headers: Record<string, string>;
  payload: Uint8Array;
}

/** Applies the dead letters that a person has marked, in the order in which their events happened. */
export async function replayMarked<Tx extends Sql>(db: Transactions<Tx>, consumers: readonly Consumer<Tx>[], log: Log): Promise<void> {
  const marked = await db.query<Row>(
    `SELECT consumer, event_id, stream_seq, subject, headers, payload FROM dead_letter
     WHERE state = 'replay' AND consumer = ANY ($1) ORDER BY event_id LIMIT 100`,
    [consumers.map((consumer) => consumer.definition.as)],
  );
  for (const row of marked) {
    const consumer = consumers.find(({ definition }) => definition.as === row.consumer)!;
    const letter: Letter = { eventId: row.event_id, streamSeq: Number(row.stream_seq), subject: row.subject, headers: row.headers, payload: row.payload };
    try {
      await consumer.apply.applyLetter(letter, (tx) => consumer.box.clear(tx, [row.event_id]));
      log.info({ consumer: row.consumer, eventId: row.event_id }, 'A dead letter was replayed');
    } catch (fault) {
      await backToDead(db, row, fault as Error);
      log.warn({ consumer: row.consumer, eventId: row.event_id, fault: (fault as Error).message }, 'A replayed dead letter failed again');
    }
  }
}

async function backToDead(db: Sql, { consumer, event_id }: Row, fault: Error): Promise<void> {
  await db.query(
    `UPDATE dead_letter SET state = 'dead', error = $3, attempts = attempts + 1, last_error_at = now()
     WHERE consumer = $1 AND event_id = $2 AND state = 'replay'`,
    [consumer, event_id, (fault.stack ?? fault.message).slice(0, 4_000)],
  );
}
