import { reach } from '../fail-points.ts';
import { RESTORED, SHARDS } from '../subjects.ts';
import { PAGE_ROWS, type History, type Place } from './last-match.ts';
import { numbers, type RelaySession } from './relay-session.ts';

/** What the relay remembers of a shard: the last event it sent, and into which stream. */
export interface ShardState extends Place {
  /** Unknown where it was written by a release that did not keep it. */
  readonly epoch: string | null;
}

interface Row {
  shard: number;
  seq: string;
  event_id: string;
}

/** Sequences whose rows come back in one transaction, so that none is long, whatever a day holds. */
const PIECE = 50_000;
const PATIENCE_MS = 60_000;

const columns = 'shard, id, event_id, aggregate_id, aggregate_version, subject, headers, payload, created_at';
const asRestored = `headers || '{"${RESTORED}": "true"}'`;
const restored = columns.replace('headers', asRestored);
/** $1 has, for each shard, after which sequence; null for those that are not concerned. */
const sentAfter = 'stream_seq > $2 AND stream_seq <= $3 AND stream_seq > ($1::bigint[])[shard + 1]';
const placeOf = ({ shard, seq, event_id }: Row): Place => ({ shard, seq: Number(seq), eventId: event_id });

/** What was sent, as the relay's own tables tell it. */
export class SentHistory implements History {
  constructor(private readonly session: RelaySession) {}

  async states(): Promise<ShardState[]> {
    const rows = await this.session.query<Row & { epoch: string | null }>(
      'SELECT shard, last_seq AS seq, last_event_id AS event_id, epoch FROM relay_state WHERE shard = ANY ($1::smallint[])',
      [numbers(this.session.shards)],
    );
    return rows.map((row) => ({ ...placeOf(row), epoch: row.epoch }));
  }

  async places(shards: readonly number[], from: number, to: number): Promise<Place[]> {
    const rows = await this.session.query<Row>(
      `SELECT shard, stream_seq AS seq, event_id FROM outbox_sent
       WHERE shard = ANY ($1::smallint[]) AND stream_seq > $2 AND stream_seq <= $3 ORDER BY stream_seq DESC LIMIT ${PAGE_ROWS}`,
      [numbers(shards), from, to],
      PATIENCE_MS,
    );
    return rows.map(placeOf);
  }

  async anyUpTo(seq: number): Promise<boolean> {
    return (await this.session.query('SELECT FROM outbox_sent WHERE stream_seq <= $1 LIMIT 1', [seq], PATIENCE_MS)).length > 0;
  }

  /** Whether it is so young that the stream must still have it. */
  async remembers({ shard, seq, eventId }: Place): Promise<boolean> {
    const rows = await this.session.query('SELECT FROM outbox_sent WHERE shard = $1 AND stream_seq = $2 AND event_id = $3', [shard, seq, eventId]);
    return rows.length > 0;
  }

  /**
   * What was sent after each shard's last place waits in the outbox again, under its own ids and so in its old order, marked
   * as restored, piece by piece from the end. What the relay remembers changes last: until then whoever comes next finds the same and goes on.
   * These commits wait for the disk: they are all that is left of the loss. Answers how many rows came back.
   */
  async putBack(gone: readonly Place[], matches: ReadonlyMap<number, Place>, epoch: string): Promise<number> {
    const after: (number | null)[] = Array<null>(SHARDS).fill(null);
    for (const { shard } of gone) after[shard] = matches.get(shard)?.seq ?? 0;
    const least = Math.min(...after.filter((seq) => seq !== null));
    const top = Math.max(...gone.map(({ seq }) => seq));
    let back = 0;
    for (let to = top; to > least; to -= PIECE) {
      const rows = await this.putBackBetween(after, Math.max(least, to - PIECE), to);
      back += rows;
      if (rows === 0 && !(await this.anyBetween(after, least, to - PIECE))) break;
    }
    await this.remember(gone, [...matches.values()], epoch);
    return back;
  }

  /** Those that wait still, or again: what they tell is no news when it comes into the stream. */
  async markRestored(rows: readonly string[]): Promise<void> {
    await this.durably(() => this.session.query(
      `UPDATE outbox SET headers = ${asRestored} WHERE shard = ANY ($1::smallint[]) AND id = ANY ($2::bigint[])`,
      [numbers(this.session.shards), numbers(rows)],
      PATIENCE_MS,
    ));
  }

  private async putBackBetween(after: readonly (number | null)[], from: number, to: number): Promise<number> {
    return this.durably(async () => {
      const [row] = await this.session.query<{ rows: number }>(
        `WITH taken AS (DELETE FROM outbox_sent WHERE ${sentAfter} RETURNING *), back AS (
           INSERT INTO outbox (${columns}) OVERRIDING SYSTEM VALUE SELECT ${restored} FROM taken ON CONFLICT DO NOTHING
         )
         SELECT count(*)::int AS rows FROM taken`,
        [after, from, to],
        PATIENCE_MS,
      );
      return row!.rows;
    });
  }

  private async anyBetween(after: readonly (number | null)[], from: number, to: number): Promise<boolean> {
    return (await this.session.query(`SELECT FROM outbox_sent WHERE ${sentAfter} LIMIT 1`, [after, from, to], PATIENCE_MS)).length > 0;
  }

  private async remember(gone: readonly Place[], last: readonly Place[], epoch: string): Promise<void> {
    await this.durably(async () => {
      await this.session.query('DELETE FROM relay_state WHERE shard = ANY ($1::smallint[])', [numbers(gone.map(({ shard }) => shard))]);
      await this.session.query(
        `INSERT INTO relay_state (shard, last_seq, last_event_id, epoch)
         SELECT *, $4::text FROM unnest($1::smallint[], $2::bigint[], $3::uuid[])`,
        [numbers(last.map(({ shard }) => shard)), numbers(last.map(({ seq }) => seq)), last.map(({ eventId }) => eventId), epoch],
      );
    });
  }

  /** One that fails ends the session, and with it what was begun. */
  private async durably<R>(work: () => Promise<R>): Promise<R> {
    await this.session.query('BEGIN');
    await this.session.query('SET LOCAL synchronous_commit = on');
    const result = await work();
    reach('relay.restoring');
    await this.session.query('COMMIT', [], PATIENCE_MS);
    return result;
  }
}
