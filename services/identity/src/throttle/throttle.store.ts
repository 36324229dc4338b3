import { oftenAsked, type Rows } from '@mela/chassis';
import { OF_TODAY, ofLate } from './place.store.ts';
import type { Standing } from './throttle.ts';

interface Attempt {
  readonly email: string;
  readonly place: Buffer;
  /** For how long people are at home where they signed in. */
  readonly days: number;
  /** What it counts towards where the person is at home, and where they are not. */
  readonly atHome: readonly Buffer[];
  readonly away: readonly Buffer[];
}

const TAKE = oftenAsked(
  `WITH home AS (
     SELECT count(*) > 0 AS "isFamiliar", coalesce(bool_or(${OF_TODAY}), false) AS "isOfToday"
     FROM familiar_place WHERE person_id = (SELECT id FROM person WHERE email = $1) AND place = $2 AND ${ofLate('$6')}),
   counted AS (
     INSERT INTO sign_in_attempt AS known (key, attempts, until)
     SELECT key, 1, now() + make_interval(mins => $5) FROM home, unnest(CASE WHEN "isFamiliar" THEN $3::bytea[] ELSE $4::bytea[] END) AS key ORDER BY key
     ON CONFLICT (key) DO UPDATE SET
       attempts = CASE WHEN known.until <= now() THEN 1 ELSE known.attempts + 1 END,
       until = CASE WHEN known.until <= now() THEN excluded.until ELSE known.until END
     RETURNING key, attempts, until)
   SELECT "isFamiliar", "isOfToday", key, attempts, ceil(extract(epoch FROM until - now()))::int AS "secondsLeft" FROM counted, home`,
);

export class ThrottleStore {
  constructor(private readonly rows: Rows) {}

  /** Counted before the password is looked at: of a hundred guesses at once none slips through. In the order of keys, so that nobody waits in a circle. */
  async take({ email, place, days, atHome, away }: Attempt, minutes: number): Promise<{ isFamiliar: boolean; isOfToday: boolean; standings: Standing[] }> {
    const rows = await this.rows.query<Standing & { isFamiliar: boolean; isOfToday: boolean; key: Buffer }>(
      TAKE,
      [email, place, atHome, away, minutes, days],
    );
    const { isFamiliar, isOfToday } = rows[0]!;
    return { isFamiliar, isOfToday, standings: (isFamiliar ? atHome : away).map((key) => rows.find((row) => row.key.equals(key))!) };
  }

  async giveBack(keys: readonly Buffer[]): Promise<void> {
    await this.rows.query(
      `UPDATE sign_in_attempt SET attempts = attempts - 1
       WHERE key IN (SELECT key FROM sign_in_attempt WHERE key = ANY($1) AND attempts > 0 ORDER BY key FOR UPDATE)`,
      [keys],
    );
  }

  /** What was counted of the account is forgotten, and of the place given back. Held in the order of keys, as where it is counted. */
  async succeed(ofAccount: Buffer, ofPlace: readonly Buffer[]): Promise<void> {
    await this.rows.query(
      `WITH held AS MATERIALIZED (SELECT key FROM sign_in_attempt WHERE key = $1 OR key = ANY($2) ORDER BY key FOR UPDATE),
       forgotten AS (DELETE FROM sign_in_attempt WHERE key IN (SELECT key FROM held WHERE key = $1))
       UPDATE sign_in_attempt SET attempts = attempts - 1 WHERE attempts > 0 AND key IN (SELECT key FROM held WHERE key <> $1)`,
      [ofAccount, ofPlace],
    );
  }

  /** In the order of keys, too. */
  async forget(keys: readonly Buffer[]): Promise<void> {
    await this.rows.query('DELETE FROM sign_in_attempt WHERE key IN (SELECT key FROM sign_in_attempt WHERE key = ANY($1) ORDER BY key FOR UPDATE)', [keys]);
  }

  async tidy(): Promise<void> {
    await this.rows.query(`DELETE FROM sign_in_attempt WHERE until < now()`);
  }
}
