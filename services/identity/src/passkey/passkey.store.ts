import type { Rows } from '@mela/chassis';
import type { PasskeyState } from './passkey.ts';
import type { PasskeyChallenge } from './passkey-challenges.ts';

export type NewPasskey = Omit<PasskeyState, 'createdAt' | 'lastUsedAt'>;

// Counters have 32 bits: as a number they lose nothing.
const PASSKEY = `id, person_id AS "personId", credential_id AS "credentialId", public_key AS "publicKey", counter::float8 AS counter, name,
  is_backed_up AS "isBackedUp", transports, created_at AS "createdAt", last_used_at AS "lastUsedAt"`;

export class PasskeyStore {
  constructor(private readonly rows: Rows) {}

  /** The latest first. */
  of(personId: string): Promise<PasskeyState[]> {
    return this.rows.query<PasskeyState>(`SELECT ${PASSKEY} FROM passkey WHERE person_id = $1 ORDER BY created_at DESC, id DESC`, [personId]);
  }

  async ownerOf(credentialId: string): Promise<string | undefined> {
    const [row] = await this.rows.query<{ personId: string }>('SELECT person_id AS "personId" FROM passkey WHERE credential_id = $1', [credentialId]);
    return row?.personId;
  }

  /** Held until the transaction ends: of two uses at once the second sees the first one's counter. */
  async lock(credentialId: string): Promise<PasskeyState | undefined> {
    const [row] = await this.rows.query<PasskeyState>(`SELECT ${PASSKEY} FROM passkey WHERE credential_id = $1 FOR UPDATE`, [credentialId]);
    return row;
  }

  /** Undefined where somebody has registered it: of many at once the constraint lets one through. */
  async insert({ id, personId, credentialId, publicKey, counter, name, isBackedUp, transports }: NewPasskey): Promise<PasskeyState | undefined> {
    const [row] = await this.rows.query<PasskeyState>(
      `INSERT INTO passkey (id, person_id, credential_id, public_key, counter, name, is_backed_up, transports) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (credential_id) DO NOTHING RETURNING ${PASSKEY}`,
      [id, personId, credentialId, publicKey, counter, name, isBackedUp, transports],
    );
    return row;
  }

  async use(id: string, counter: number, isBackedUp: boolean): Promise<void> {
    await this.rows.query('UPDATE passkey SET counter = $2, is_backed_up = $3, last_used_at = clock_timestamp() WHERE id = $1', [id, counter, isBackedUp]);
  }

  async rename(personId: string, id: string, name: string): Promise<PasskeyState | undefined> {
    const [row] = await this.rows.query<PasskeyState>(`UPDATE passkey SET name = $3 WHERE person_id = $1 AND id = $2 RETURNING ${PASSKEY}`, [personId, id, name]);
    return row;
  }

  async remove(personId: string, id: string): Promise<boolean> {
    return (await this.rows.query('DELETE FROM passkey WHERE person_id = $1 AND id = $2 RETURNING id', [personId, id])).length > 0;
  }

  /** False where it was used: of many at once the key lets one through, and the others wait for what becomes of it. */
  async spend({ id, expiresAt }: PasskeyChallenge): Promise<boolean> {
    const spent = await this.rows.query('INSERT INTO used_challenge (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING RETURNING id', [id, new Date(expiresAt)]);
    return spent.length > 0;
  }

  /** Later than they expire by far, for replicas whose clocks differ. */
  async forgetChallenges(): Promise<void> {
    await this.rows.query(`DELETE FROM used_challenge WHERE expires_at < now() - interval '1 hour'`);
  }
}
