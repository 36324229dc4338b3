import type { Client, QueryConfig } from 'pg';
import { SHARDS } from '../subjects.ts';
import type { OutboxRow, SentRow } from './chains.ts';
import { keepPartitions } from './sent-partitions.ts';

export interface Backlog {
  depth: number;
  oldestSeconds: number;
}

const ANSWER_WITHIN_MS = 15_000;
const DEPTH_COUNTED = 1_000_000;

/** An array of numbers as PostgreSQL writes it: the driver would escape each of thousands. */
export const numbers = (values: readonly (number | string)[]): string => `{${values.join(',')}}`;

/**
 * The relay's one session: it holds the shard locks, so it never goes through a transaction pooler.
 * Broken once, it is of no use any more: its locks are gone with it.
 */
export class RelaySession {
  private held: number[] = [];
  broken: Error | undefined;

  constructor(
    private readonly client: Client,
    onBroken: () => void,
  ) {
    const lost = (fault: Error) => {
      this.broken ??= fault;
      onBroken();
    };
    client.on('error', lost);
    client.on('end', () => lost(new Error('The database ended the session')));
  }

  async open(silentMs: number): Promise<void> {
    // A session that stops asking must give its shards up.
    await this.query(`SET idle_session_timeout = ${silentMs}`);
    // The relay only forgets what is already in the stream: a move lost with the database is a repeat, which the stream's
    // duplicate window and the inboxes absorb. So nothing here waits for the disk.
    await this.query(`SET synchronous_commit = off`);
    await this.query(`SET lock_timeout = '2s'`);
    // A queue's statistics are always of another moment: without this, a plan made for an empty table meets a full one.
    await this.query(`SET enable_seqscan = off`);
    await this.query(`SET enable_bitmapscan = off`);
    await this.query(`SET enable_hashjoin = off`);
    await this.query(`SET enable_mergejoin = off`);
    await this.query(`SET jit = off`);
    await this.keepPartitions();
  }

  get shards(): readonly number[] {
    return this.held;
  }

  /** Takes what is free. What another relay holds becomes free when its session ends. */
  async takeShards(): Promise<readonly number[]> {
    const missing = Array.from({ length: SHARDS }, (_, shard) => shard).filter((shard) => !this.held.includes(shard));
    if (missing.length === 0) return [];
    const taken = await this.query<{ shard: number }>(
      `SELECT shard FROM unnest($1::int[]) AS free (shard)
       WHERE pg_try_advisory_lock(hashtextextended('mela.outbox.' || current_schema() || '.' || shard, 0))`,
      [missing],
    );
    const shards = taken.map(({ shard }) => shard);
    this.held = [...this.held, ...shards];
    return shards;
  }

  async releaseShards(): Promise<void> {
    this.held = [];
    await this.query('SELECT pg_advisory_unlock_all()');
  }

  /**
   * The next rows of the held shards, in order of ids within each, leaving out aggregates that must wait and rows that were sent.
   * Those come from subqueries, which are hashed once: a plan that is made before they are known would compare each row with every one of them.
   */
  async pending({ busy, sent }: { busy: readonly string[]; sent: ReadonlySet<string> }, limit: number): Promise<OutboxRow[]> {
    const rows = await this.prepared<OutboxRow>(
      'pending',
      `SELECT next.* FROM unnest($1::smallint[]) AS held (shard)
       CROSS JOIN LATERAL (
         SELECT shard, id, ctid, event_id, aggregate_id, aggregate_version, subject, headers, payload FROM outbox
         WHERE outbox.shard = held.shard AND aggregate_id NOT IN (SELECT unnest(string_to_array($2, E'\\n')))
           AND id NOT IN (SELECT unnest($3::bigint[]))
         ORDER BY id LIMIT $4) AS next
       LIMIT $4`,
      [this.held, busy.join('\n'), numbers([...sent]), limit],
    );
    // Another shard comes first next time: a busy one must not starve those behind it.
    this.held = [...this.held.slice(1), ...this.held.slice(0, 1)];
    return rows;
  }

  /** One statement: the rows leave the outbox, are kept for a day, and the relay remembers the last it sent. */
  async move(rows: readonly SentRow[], epoch: string): Promise<void> {
    const last = new Map<number, SentRow>();
    for (const sent of rows) if (sent.streamSeq > (last.get(sent.row.shard)?.streamSeq ?? 0)) last.set(sent.row.shard, sent);
    const lasts = [...last.values()];
    await this.prepared(
      'move',
      `WITH gone AS (
         DELETE FROM outbox USING unnest($1::tid[], $2::bigint[], $3::bigint[]) AS acknowledged (place, id, stream_seq)
         WHERE outbox.ctid = acknowledged.place AND outbox.id = acknowledged.id
         RETURNING outbox.*, acknowledged.stream_seq
       ), kept AS (
         INSERT INTO outbox_sent (shard, id, event_id, aggregate_id, aggregate_version, subject, headers, payload, created_at, stream_seq, sent_at)
         SELECT shard, id, event_id, aggregate_id, aggregate_version, subject, headers, payload, created_at, stream_seq, now() FROM gone
       )
       INSERT INTO relay_state (shard, last_seq, last_event_id, epoch)
       SELECT *, $7::text FROM unnest($4::smallint[], $5::bigint[], $6::uuid[])
       ON CONFLICT (shard) DO UPDATE SET last_seq = excluded.last_seq, last_event_id = excluded.last_event_id, epoch = excluded.epoch
       WHERE relay_state.last_seq < excluded.last_seq OR relay_state.epoch IS DISTINCT FROM excluded.epoch`,
      [
        `{${rows.map(({ row }) => `"${row.ctid}"`).join(',')}}`,
        numbers(rows.map(({ row }) => row.id)),
        numbers(rows.map(({ streamSeq }) => streamSeq)),
        numbers(lasts.map(({ row }) => row.shard)),
        numbers(lasts.map(({ streamSeq }) => streamSeq)),
        lasts.map(({ row }) => row.event_id),
        epoch,
      ],
    );
  }

  async backlog(): Promise<Backlog> {
    const [row] = await this.query<{ depth: string; oldest: number | null }>(
      `SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT ${DEPTH_COUNTED}) AS counted) AS depth,
         (SELECT extract(epoch FROM clock_timestamp() - min(first.created_at))::float8 FROM generate_series(0, ${SHARDS - 1}) AS all_shards (shard)
          CROSS JOIN LATERAL (SELECT created_at FROM outbox WHERE outbox.shard = all_shards.shard ORDER BY id LIMIT 1) AS first) AS oldest`,
    );
    return { depth: Number(row!.depth), oldestSeconds: Math.max(0, row!.oldest ?? 0) };
  }

  async keepPartitions(): Promise<void> {
    await this.query(keepPartitions);
  }

  close(): void {
    this.held = [];
    this.broken ??= new Error('The session was closed');
    const { stream } = this.client.connection;
    // The polite way waits for the other side, which may be gone.
    void this.client.end().catch(() => undefined);
    setTimeout(() => stream.destroy(), 1_000).unref();
  }

  query<Row>(text: string, values: unknown[] = [], withinMs = ANSWER_WITHIN_MS): Promise<Row[]> {
    return this.run({ text, values }, withinMs);
  }

  /** Planned once: what is asked for each event. */
  private prepared<Row>(name: string, text: string, values: unknown[]): Promise<Row[]> {
    return this.run({ name, text, values }, ANSWER_WITHIN_MS);
  }

  private async run<Row>(query: QueryConfig, withinMs: number): Promise<Row[]> {
    if (this.broken) throw this.broken;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`The database did not answer within ${withinMs} ms`)), withinMs);
    });
    try {
      const { rows } = await Promise.race([this.client.query(query), silence]);
      return rows as Row[];
    } catch (fault) {
      this.broken ??= fault as Error;
      throw fault;
    } finally {
      clearTimeout(timer);
    }
  }
}
