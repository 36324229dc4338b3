import type { Rows } from '@mela/chassis';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('outside_flow')
export class OutsideFlowRow {
  @PrimaryColumn('bytea', { name: 'state_hash' })
  stateHash!: Buffer;

  /** What the client calls its challenge. */
  @Column('bytea', { name: 'secret_hash' })
  secretHash!: Buffer;

  @Column('text')
  provider!: string;

  @Column('text', { name: 'redirect_uri' })
  redirectUri!: string;

  @Column('text')
  nonce!: string;

  @Column('text')
  verifier!: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;
}

export class OutsideFlowStore {
  constructor(private readonly rows: Rows) {}

  async insert({ stateHash, secretHash, provider, redirectUri, nonce, verifier }: Omit<OutsideFlowRow, 'expiresAt'>, minutes: number): Promise<Date> {
    const [row] = await this.rows.query<{ expiresAt: Date }>(
      `INSERT INTO outside_flow (state_hash, secret_hash, provider, redirect_uri, nonce, verifier, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(mins => $7)) RETURNING expires_at AS "expiresAt"`,
      [stateHash, secretHash, provider, redirectUri, nonce, verifier, minutes],
    );
    return row!.expiresAt;
  }

  /** Once: of many who come back with the same, one finds it. Whoever has the state without the verifier takes it from nobody. */
  async take(stateHash: Buffer, secretHash: Buffer, provider: string): Promise<Pick<OutsideFlowRow, 'redirectUri' | 'nonce' | 'verifier'> | undefined> {
    const [row] = await this.rows.query<Pick<OutsideFlowRow, 'redirectUri' | 'nonce' | 'verifier'>>(
      `DELETE FROM outside_flow WHERE state_hash = $1 AND secret_hash = $2 AND provider = $3 AND expires_at > now()
       RETURNING redirect_uri AS "redirectUri", nonce, verifier`,
      [stateHash, secretHash, provider],
    );
    return row;
  }

  async forgetOver(): Promise<void> {
    await this.rows.query('DELETE FROM outside_flow WHERE expires_at < now()');
  }
}
