import type { Sql } from '../sql.ts';

const AT_ONCE = 10_000;

/** The stream keeps 14 days, so nothing older than 15 can come again. In small pieces, so that no consumer waits for it. */
export async function pruneInbox(db: Sql): Promise<void> {
  for (;;) {
    const [pruned] = await db.query<{ count: number }>(
      `WITH old AS (
         DELETE FROM inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM inbox WHERE processed_at < now() - interval '15 days' LIMIT ${AT_ONCE}))
         RETURNING 1
       )
       SELECT count(*)::int AS count FROM old`,
    );
    if (!pruned || pruned.count < AT_ONCE) return;
  }
}
