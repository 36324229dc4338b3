import type { Rows } from '@mela/chassis';
import type { JWK } from 'jose';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { StoredKey } from './signing-key.ts';

@Entity('signing_key')
export class SigningKeyRow implements StoredKey {
  @PrimaryColumn('text')
  kid!: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: JWK;

  @Column('bytea', { name: 'sealed_jwk' })
  sealedJwk!: Buffer;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

export class SigningKeyStore {
  constructor(private readonly rows: Rows) {}

  /** Newest first: the newest signs, all of them verify. */
  all(): Promise<StoredKey[]> {
    return this.rows.manager.find(SigningKeyRow, { order: { createdAt: 'DESC', kid: 'DESC' } });
  }

  async insert({ kid, publicJwk, sealedJwk }: StoredKey): Promise<void> {
    await this.rows.query('INSERT INTO signing_key (kid, public_jwk, sealed_jwk) VALUES ($1, $2, $3)', [kid, JSON.stringify(publicJwk), sealedJwk]);
  }

  /** Until the transaction ends: of many replicas at their first boot, one makes the key. */
  async lock(): Promise<void> {
    await this.rows.query(`SELECT pg_advisory_xact_lock(hashtextextended('mela.identity.signing-key', 0))`);
  }
}
