import type { Sql } from '../sql.ts';
import type { Letter } from './dead-letter-box.ts';

export interface DeadLetter {
  consumer: string;
  eventId: string;
  type: string;
  streamSeq: number;
  subject: string;
  headers: Record<string, string>;
  /** Its text: JSON, unless that is what was wrong with it. */
  payload: string;
  error: string;
  attempts: number;
  state: 'dead' | 'replay' | 'discarded';
  createdAt: Date;
  lastErrorAt: Date;
}

export interface DeadLetterFilter {
  consumer?: string;
  /** Discarded ones are kept for the record and shown only when asked for. */
  state?: DeadLetter['state'];
  limit?: number;
  after?: { eventId: string; consumer: string };
}

/** That a replay waits: core NATS, for the process that hosts the consumer. */
export const replayBellOf = (service: string): string => `bell.${service}.dlq`;

export class NoSuchDeadLetter extends Error {
  override readonly name = 'NoSuchDeadLetter';
}

type Row = Omit<DeadLetter, 'payload'> & { payload: Uint8Array };

const readable = (row: Row): DeadLetter => ({ ...row, payload: Buffer.from(row.payload).toString() });

const columns = `consumer, event_id AS "eventId", coalesce(headers->>'ce-type', '') AS type, stream_seq::float8 AS "streamSeq", subject, headers,
  payload, error, attempts, state, created_at AS "createdAt", last_error_at AS "lastErrorAt"`;

/** What people do with events that could not be applied. The event keeps its id through all of it. */
export class DeadLetters {
  constructor(
    private readonly db: Sql,
    /** Tells the host, if there is a way to; else it looks for itself every few seconds. */
    private readonly ring: () => void = () => undefined,
  ) {}

  /** In the order in which the events happened. */
  async list({ consumer, state, limit = 100, after }: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    const rows = await this.db.query<Row>(
      `SELECT ${columns} FROM dead_letter
       WHERE ($1::text IS NULL OR consumer = $1)
         AND CASE WHEN $2::text IS NULL THEN state IN ('dead', 'replay') ELSE state = $2 END
         AND ($3::uuid IS NULL OR (event_id, consumer) > ($3, $4))
       ORDER BY event_id, consumer LIMIT $5`,
      [consumer ?? null, state ?? null, after?.eventId ?? null, after?.consumer ?? '', limit],
    );
    return rows.map(readable);
  }

  async show(consumer: string, eventId: string): Promise<DeadLetter | undefined> {
    const [row] = await this.db.query<Row>(
      `SELECT ${columns} FROM dead_letter WHERE consumer = $1 AND event_id = $2 AND state <> 'trying'`,
      [consumer, eventId],
    );
    return row && readable(row);
  }

  /** To be applied once more by the process that hosts the consumer. One that fails again is back with the new error. */
  async replay(consumer: string, eventId: string): Promise<void> {
    await this.change(
      consumer,
      eventId,
      `WITH marked AS (
         UPDATE dead_letter SET state = 'replay' WHERE consumer = $1 AND event_id = $2 AND state IN ('dead', 'replay') RETURNING event_id
       )
       SELECT event_id FROM marked`,
    );
    this.ring();
  }

  /** Never to be applied: remembered as done, so that not even a stream that is read again brings it back. */
  async discard(consumer: string, eventId: string): Promise<void> {
    await this.change(
      consumer,
      eventId,
      `WITH discarded AS (
         UPDATE dead_letter SET state = 'discarded' WHERE consumer = $1 AND event_id = $2 AND state IN ('dead', 'replay')
         RETURNING consumer, event_id
       ), remembered AS (
         INSERT INTO inbox (consumer, event_id) SELECT consumer, event_id FROM discarded ON CONFLICT DO NOTHING
       )
       SELECT event_id FROM discarded`,
    );
  }

  /**
   * Gives a consumer events that it may not have applied, through the door that replayed dead letters take: its durable
   * keeps its place, the inbox answers for what was applied, what fails is a dead letter, and what a person has
   * discarded stays discarded. Answers how many were new to it.
   */
  async handOver(consumer: string, letters: readonly Letter[]): Promise<number> {
    const handed = await this.db.query(
      `WITH handed AS (
         INSERT INTO dead_letter (consumer, event_id, stream_seq, subject, headers, payload, error, attempts, state)
         SELECT $1, event_id, stream_seq, subject, headers, payload, 'Handed over by a replay', 0, 'replay'
         FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::jsonb[], $6::bytea[]) AS event (event_id, stream_seq, subject, headers, payload)
         WHERE NOT EXISTS (SELECT FROM inbox WHERE inbox.consumer = $1 AND inbox.event_id = event.event_id)
         ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'replay' WHERE dead_letter.state = 'dead'
         RETURNING event_id
       )
       SELECT event_id FROM handed`,
      [
        consumer,
        letters.map(({ eventId }) => eventId),
        letters.map(({ streamSeq }) => streamSeq),
        letters.map(({ subject }) => subject),
        letters.map(({ headers }) => JSON.stringify(headers)),
        letters.map(({ payload }) => Buffer.from(payload)),
      ],
    );
    if (handed.length > 0) this.ring();
    return handed.length;
  }

  private async change(consumer: string, eventId: string, statement: string): Promise<void> {
    const changed = await this.db.query(statement, [consumer, eventId]);
    if (changed.length === 0) throw new NoSuchDeadLetter(`${consumer} has no dead letter ${eventId}`);
  }
}
