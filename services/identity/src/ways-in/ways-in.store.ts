import type { Rows } from '@mela/chassis';
import type { WaysIn } from './ways-in.ts';

export class WaysInStore {
  constructor(private readonly rows: Rows) {}

  /** The account is held. */
  async of(personId: string): Promise<WaysIn> {
    const [ways] = await this.rows.query<WaysIn>(
      `SELECT password_hash IS NOT NULL AS "hasPassword", (SELECT count(*)::int FROM passkey WHERE person_id = person.id) AS passkeys,
              ARRAY(SELECT issuer FROM outside_identity WHERE person_id = person.id) AS issuers
       FROM person WHERE id = $1`,
      [personId],
    );
    return ways ?? { hasPassword: false, passkeys: 0, issuers: [] };
  }
}
