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

/** How often a letter was delivered when it was written. */
interface Attempted {
  readonly letter: Letter;
  readonly attempts: number;
}

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

  async noteAttempts(attempted: readonly Attempted[]): Promise<void> {
    await this.write(attempted, { error: 'The process ended while it applied this event', state: 'trying' });
  }

  async bury(letter: Letter, error: string, attempts: number): Promise<void> {
    await this.write([{ letter, attempts }], { error, state: 'dead' });
  }

  /** Those that are noted, and at which of their deliveries. */
  async suspects(eventIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.db.query<{ event_id: string; attempts: number }>(
      `SELECT event_id, attempts FROM dead_letter WHERE consumer = $1 AND event_id = ANY ($2::uuid[]) AND state = 'trying'`,
      [this.consumer, eventIds],
    );
    return new Map(rows.map((row) => [row.event_id, row.attempts]));
  }

  /** In the transaction that applies the events. */
  async clear(tx: Sql, eventIds: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM dead_letter WHERE consumer = $1 AND event_id = ANY ($2::uuid[])', [this.consumer, eventIds]);
  }

  private async write(attempted: readonly Attempted[], { error, state }: { error: string; state: string }): Promise<void> {
    // One statement writes no row twice: an event may be at hand in two copies.
    const letters = [...new Map(attempted.map((one) => [one.letter.eventId.toLowerCase(), one])).values()];
    await this.db.query(
      `INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state)
       SELECT $1, event_id, stream_seq, subject, headers, payload, $7, attempts, $9
       FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::jsonb[], $6::bytea[], $8::int[]) AS letter (event_id, stream_seq, subject, headers, payload, attempts)
       ON CONFLICT (consumer, event_id) DO UPDATE
       SET error = excluded.error, attempts = excluded.attempts, state = excluded.state, last_error_at = now()
       WHERE dead_letter.state <> 'discarded'`,
      [
        this.consumer,
        letters.map(({ letter }) => letter.eventId),
        letters.map(({ letter }) => letter.streamSeq),
        letters.map(({ letter }) => letter.subject),
        letters.map(({ letter }) => JSON.stringify(letter.headers)),
        letters.map(({ letter }) => Buffer.from(letter.payload)),
        error.slice(0, 4_000),
        letters.map(({ attempts }) => attempts),
        state,
      ],
    );
  }
}
