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

  /** They are the account's: it is another one with them. */
  async changed(personId: string): Promise<{ id: string; version: number }> {
    const [account] = await this.rows.query<{ id: string; version: number }>('UPDATE person SET version = version + 1 WHERE id = $1 RETURNING id, version', [personId]);
    return account!;
  }
}
