import type { Sql } from '@mela/bus';

/** What a person was answered. They are gone: nobody asks again under their keys. */
export const forgetAnswersTo = (rows: Sql, personId: string): Promise<unknown> => rows.query('DELETE FROM idempotency WHERE caller = $1', [personId]);

/** What others were answered about them, too: for who answers with names. Whoever repeats such a request has it done again, so only where that does no harm. */
export const forgetAnswersAbout = (rows: Sql, personId: string): Promise<unknown> =>
  rows.query(`DELETE FROM idempotency WHERE caller = $1 OR strpos(answer::text, $1) > 0`, [personId]);
