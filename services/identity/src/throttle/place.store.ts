import type { Rows } from '@mela/chassis';

const PLACES_KEPT = 20;

/** Where a row still says that somebody is at home: of so many days, as that parameter says. */
export const ofLate = (days: `$${number}`): string => `seen_at > now() - make_interval(days => ${days})`;

/** Where that need not be written again. */
export const OF_TODAY = `seen_at >= now() - interval '1 day'`;

export class PlaceStore {
  constructor(private readonly rows: Rows) {}

  /** What was known before, and known from now on. Written once a day at the most. */
  async arrive(personId: string, place: Buffer, days: number): Promise<{ readonly isFamiliar: boolean; readonly others: number }> {
    const [before] = await this.rows.query<{ isFamiliar: boolean; others: number }>(
      `WITH arrival AS (
         INSERT INTO familiar_place AS known (person_id, place) VALUES ($1, $2)
         ON CONFLICT (person_id, place) DO UPDATE SET seen_at = now() WHERE NOT (known.${OF_TODAY}))
       SELECT coalesce(bool_or(place = $2), false) AS "isFamiliar", (count(*) FILTER (WHERE place <> $2))::int AS others
       FROM familiar_place WHERE person_id = $1 AND ${ofLate('$3')}`,
      [personId, place, days],
    );
    return before!;
  }

  /** The oldest goes. */
  async makeRoom(personId: string): Promise<void> {
    await this.rows.query(
      `DELETE FROM familiar_place WHERE person_id = $1 AND place NOT IN (SELECT place FROM familiar_place WHERE person_id = $1 ORDER BY seen_at DESC LIMIT ${PLACES_KEPT})`,
      [personId],
    );
  }

  async of(personId: string): Promise<readonly Buffer[]> {
    const known = await this.rows.query<{ place: Buffer }>('SELECT place FROM familiar_place WHERE person_id = $1', [personId]);
    return known.map(({ place }) => place);
  }

  async forget(personId: string): Promise<void> {
    await this.rows.query('DELETE FROM familiar_place WHERE person_id = $1', [personId]);
  }

  async tidy(days: number): Promise<void> {
    await this.rows.query(`DELETE FROM familiar_place WHERE NOT (${ofLate('$1')})`, [days]);
  }
}
