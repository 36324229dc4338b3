import type { Sql } from '../sql.ts';
import type { Delivery } from './delivery.ts';

/** A message as a dead letter keeps it: all that is needed to apply it later under its own id. */
export interface Letter {
  eventId: string;
  streamSeq: number;
  subject: string;
  headers: Readonly<Record<string, string>>;
  payload: Uint8Array;
}

const uuidGrammar = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A message whose id is missing or malformed is known by its place in the stream. */
export const letterId = (id: string | undefined, streamSeq: number): string =>
  id !== undefined && uuidGrammar.test(id) ? id : `00000000-0000-8000-8000-${streamSeq.toString(16).padStart(12, '0')}`;

export const letterOf = (delivery: Delivery): Letter => ({
  eventId: letterId(delivery.headers.get('ce-id'), delivery.streamSeq),
  streamSeq: delivery.streamSeq,
  subject: delivery.subject,
  headers: delivery.headers.all(),
  payload: delivery.payload,
});

/**
 * Where one consumer puts what it cannot apply.
 * An event that has failed repeatedly is noted as `trying` before each further attempt: if that attempt takes the process down,
 * the note is what is left of it, and tells the culprit from those that were merely beside it.
 */
export class DeadLetterBox {
  constructor(
    private readonly db: Sql,
    private readonly consumer: string,
  ) {}

  async noteAttempt(letter: Letter, attempts: number): Promise<void> {
    await this.write(letter, { error: 'The process ended while it applied this event', attempts, state: 'trying' });
  }

  async bury(letter: Letter, error: string, attempts: number): Promise<void> {
    await this.write(letter, { error, attempts, state: 'dead' });
  }

  async suspects(eventIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.db.query<{ event_id: string }>(
      `SELECT event_id FROM dead_letter WHERE consumer = $1 AND event_id = ANY ($2::uuid[]) AND state = 'trying'`,
      [this.consumer, eventIds],
    );
    return new Set(rows.map((row) => row.event_id));
  }

  /** In the transaction that applies the event. */
  async clear(tx: Sql, eventId: string): Promise<void> {
    await tx.query('DELETE FROM dead_letter WHERE consumer = $1 AND event_id = $2', [this.consumer, eventId]);
  }

  private async write(letter: Letter, { error, attempts, state }: { error: string; attempts: number; state: string }): Promise<void> {
    await this.db.query(
      `INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (consumer, event_id) DO UPDATE
       SET error = excluded.error, attempts = excluded.attempts, state = excluded.state, last_error_at = now()
       WHERE dead_letter.state <> 'discarded'`,
      [
        this.consumer,
        letter.eventId,
        letter.streamSeq,
        letter.subject,
        JSON.stringify(letter.headers),
        Buffer.from(letter.payload),
        error.slice(0, 4_000),
        attempts,
        state,
      ],
    );
  }
}
