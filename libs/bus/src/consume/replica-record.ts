import type { Sql } from '../sql.ts';
import type { StreamState } from '../stream/stream-reader.ts';
import type { SnapshotPage } from './consumer-definition.ts';
import type { ReplicaState } from './replica-due.ts';

interface Row {
  build: number;
  epoch: string;
  followed_to: string;
  cursor: string | null;
  items: string;
  complete: boolean;
}

/** What a consumer remembers of its replica, in the service's own schema: it commits with the pages themselves. */
export class ReplicaRecord {
  constructor(private readonly consumer: string) {}

  async read(sql: Sql): Promise<ReplicaState | undefined> {
    const [row] = await sql.query<Row>(
      `SELECT build, epoch, followed_to, cursor, items, completed_at IS NOT NULL AS complete FROM replica WHERE consumer = $1`,
      [this.consumer],
    );
    return row && { ...row, followedTo: Number(row.followed_to), cursor: row.cursor ?? undefined, items: Number(row.items) };
  }

  /** Begins anew, unless somebody else has done so meanwhile. What the stream holds by now the owner's state holds too. */
  async begin(sql: Sql, known: ReplicaState | undefined, { epoch, lastSeq }: StreamState): Promise<boolean> {
    const begun = await sql.query(
      `INSERT INTO replica (consumer, build, epoch, followed_to) VALUES ($1, $2 + 1, $3, $4)
       ON CONFLICT (consumer) DO UPDATE SET build = excluded.build, epoch = excluded.epoch, followed_to = excluded.followed_to,
         cursor = NULL, items = 0, started_at = now(), completed_at = NULL
       WHERE replica.build = $2 RETURNING build`,
      [this.consumer, known?.build ?? 0, epoch, lastSeq],
    );
    return begun.length > 0;
  }

  async followed(sql: Sql, { build }: ReplicaState, seq: number): Promise<void> {
    await sql.query('UPDATE replica SET followed_to = $3 WHERE consumer = $1 AND build = $2 AND followed_to < $3', [this.consumer, build, seq]);
  }

  /** Until the transaction ends nobody else builds this replica. False where somebody does. */
  async claim(tx: Sql): Promise<boolean> {
    const [lock] = await tx.query<{ mine: boolean }>(`SELECT pg_try_advisory_xact_lock(hashtext('mela.replica'), hashtext($1)) AS mine`, [this.consumer]);
    return lock!.mine;
  }

  /** Answers how it stands after this page. Throws where it was begun anew meanwhile, so that the page is undone. */
  async advance(tx: Sql, { build }: ReplicaState, { items, next }: SnapshotPage): Promise<{ items: number; seconds: number }> {
    const [row] = await tx.query<{ items: string; seconds: number }>(
      `WITH advanced AS (
         UPDATE replica SET cursor = $3, items = items + $4, completed_at = CASE WHEN $3::text IS NULL THEN clock_timestamp() END
         WHERE consumer = $1 AND build = $2 RETURNING items, started_at
       )
       SELECT items, extract(epoch FROM clock_timestamp() - started_at)::float8 AS seconds FROM advanced`,
      [this.consumer, build, next, items.length],
    );
    if (!row) throw new Error('It was begun anew while this page was read');
    return { items: Number(row.items), seconds: row.seconds };
  }
}
