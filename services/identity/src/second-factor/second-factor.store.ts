import type { Rows } from '@mela/chassis';
import type { Challenge } from './challenges.ts';
import type { ChallengeState, Standing, TotpState } from './second-factor.ts';

export type LockedTotp = TotpState & { readonly at: Date };

export class SecondFactorStore {
  constructor(private readonly rows: Rows) {}

  async find(personId: string): Promise<Standing | undefined> {
    const [standing] = await this.rows.query<Standing>(
      `SELECT confirmed_at AS "confirmedAt", (SELECT count(*)::int FROM recovery_code WHERE recovery_code.person_id = totp.person_id) AS "recoveryCodesLeft"
       FROM totp WHERE person_id = $1`,
      [personId],
    );
    return standing;
  }

  /** False where a secret is in use: it is not replaced by one that nobody has confirmed. What was wrong before still counts. */
  async begin(personId: string, sealedSecret: Buffer): Promise<boolean> {
    const begun = await this.rows.query(
      `INSERT INTO totp (person_id, sealed_secret) VALUES ($1, $2)
       ON CONFLICT (person_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, last_step = 0, created_at = now() WHERE totp.confirmed_at IS NULL
       RETURNING person_id`,
      [personId, sealedSecret],
    );
    return begun.length > 0;
  }

  /** Held until the transaction ends: of many codes at once each sees what became of the one before. */
  async lock(personId: string): Promise<LockedTotp | undefined> {
    await this.rows.query('SELECT 1 FROM totp WHERE person_id = $1 FOR UPDATE', [personId]);
    const [locked] = await this.rows.query<LockedTotp>(
      `SELECT person_id AS "personId", sealed_secret AS "sealedSecret", confirmed_at AS "confirmedAt", last_step AS "lastStep",
              wrong_codes AS "wrongCodes", clock_timestamp() AS at
       FROM totp WHERE person_id = $1`,
      [personId],
    );
    return locked;
  }

  async confirm(personId: string): Promise<void> {
    await this.rows.query('UPDATE totp SET confirmed_at = clock_timestamp() WHERE person_id = $1', [personId]);
  }

  async take(personId: string, step: number): Promise<void> {
    await this.rows.query('UPDATE totp SET last_step = $2 WHERE person_id = $1', [personId, step]);
  }

  async noteWrong(personId: string, wrongCodes: readonly Date[]): Promise<void> {
    await this.rows.query('UPDATE totp SET wrong_codes = $2 WHERE person_id = $1', [personId, wrongCodes]);
  }

  async remove(personId: string): Promise<void> {
    await this.rows.query('DELETE FROM totp WHERE person_id = $1', [personId]);
  }

  async replaceCodes(personId: string, hashes: readonly Buffer[]): Promise<void> {
    await this.rows.query('DELETE FROM recovery_code WHERE person_id = $1', [personId]);
    await this.rows.query('INSERT INTO recovery_code (person_id, hash) SELECT $1, unnest($2::bytea[])', [personId, hashes]);
  }

  /** False where there is none such, or none any more. */
  async spendCode(personId: string, hash: Buffer): Promise<boolean> {
    return (await this.rows.query('DELETE FROM recovery_code WHERE person_id = $1 AND hash = $2 RETURNING hash', [personId, hash])).length > 0;
  }

  async challenge(id: string): Promise<ChallengeState> {
    const [known] = await this.rows.query<ChallengeState>('SELECT wrong_codes AS "wrongCodes", is_spent AS "isSpent" FROM sign_in_challenge WHERE id = $1', [id]);
    return known ?? { wrongCodes: 0, isSpent: false };
  }

  /** What is over of the same person goes with it, so that nothing piles up. */
  async noteTried({ id, personId, expiresAt }: Challenge, { isSpent }: Pick<ChallengeState, 'isSpent'>): Promise<void> {
    await this.rows.query(
      `INSERT INTO sign_in_challenge (id, person_id, wrong_codes, is_spent, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET wrong_codes = sign_in_challenge.wrong_codes + excluded.wrong_codes, is_spent = excluded.is_spent`,
      [id, personId, isSpent ? 0 : 1, isSpent, new Date(expiresAt)],
    );
    // Later than they expire by far, for replicas whose clocks differ.
    await this.rows.query(`DELETE FROM sign_in_challenge WHERE person_id = $1 AND expires_at < now() - interval '1 hour'`, [personId]);
  }
}
