import type { Rows } from '@mela/chassis';
import type { Standing } from './throttle.ts';

const PLACES_KEPT = 20;
const PLACE_DAYS = 60;

export class ThrottleStore {
  constructor(private readonly rows: Rows) {}

  /** Counted before the password is looked at: of a hundred guesses at once none slips through. In the order of keys, so that nobody waits in a circle. */
  async take(keys: readonly Buffer[], minutes: number): Promise<Standing[]> {
    const rows = await this.rows.query<{ key: Buffer; attempts: number; secondsLeft: number }>(
      `INSERT INTO sign_in_attempt AS known (key, attempts, until)
       SELECT key, 1, now() + make_interval(mins => $2) FROM unnest($1::bytea[]) AS key ORDER BY key
       ON CONFLICT (key) DO UPDATE SET
         attempts = CASE WHEN known.until <= now() THEN 1 ELSE known.attempts + 1 END,
         until = CASE WHEN known.until <= now() THEN excluded.until ELSE known.until END
       RETURNING key, attempts, ceil(extract(epoch FROM until - now()))::int AS "secondsLeft"`,
      [keys, minutes],
    );
    return keys.map((key) => rows.find((row) => row.key.equals(key))!);
  }

  async giveBack(keys: readonly Buffer[]): Promise<void> {
    await this.rows.query(
      `UPDATE sign_in_attempt SET attempts = attempts - 1
       WHERE key IN (SELECT key FROM sign_in_attempt WHERE key = ANY($1) AND attempts > 0 ORDER BY key FOR UPDATE)`,
      [keys],
    );
  }

  async forget(key: Buffer): Promise<void> {
    await this.rows.query('DELETE FROM sign_in_attempt WHERE key = $1', [key]);
  }

  async tidy(): Promise<void> {
    await this.rows.query(`DELETE FROM sign_in_attempt WHERE until < now()`);
    await this.rows.query(`DELETE FROM familiar_place WHERE seen_at < now() - make_interval(days => ${PLACE_DAYS})`);
  }

  /** Takes the same steps for a person whom there is not. */
  async familiarity(personId: string | null, place: Buffer): Promise<{ readonly isFamiliar: boolean; readonly others: number }> {
    const [row] = await this.rows.query<{ isFamiliar: boolean; others: number }>(
      `SELECT coalesce(bool_or(place = $2), false) AS "isFamiliar", (count(*) FILTER (WHERE place <> $2))::int AS others
       FROM familiar_place WHERE person_id = $1 AND seen_at > now() - make_interval(days => ${PLACE_DAYS})`,
      [personId, place],
    );
    return row!;
  }

  /** Written once a day at the most; the oldest makes room. */
  async becomeFamiliar(personId: string, place: Buffer): Promise<void> {
    const added = await this.rows.query<{ isNew: boolean }>(
      `INSERT INTO familiar_place AS known (person_id, place) VALUES ($1, $2)
       ON CONFLICT (person_id, place) DO UPDATE SET seen_at = now() WHERE known.seen_at < now() - interval '1 day'
       RETURNING (xmax = 0) AS "isNew"`,
      [personId, place],
    );
    if (!added[0]?.isNew) return;
    await this.rows.query(
      `DELETE FROM familiar_place WHERE person_id = $1 AND place NOT IN (SELECT place FROM familiar_place WHERE person_id = $1 ORDER BY seen_at DESC LIMIT ${PLACES_KEPT})`,
      [personId],
    );
  }
}
