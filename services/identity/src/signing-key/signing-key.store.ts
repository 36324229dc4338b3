import type { Rows } from '@mela/chassis';
import type { JWK } from 'jose';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { SealedPair } from './key-pair.ts';
import type { KeyFacts } from './signing-key.ts';

@Entity('signing_key')
export class SigningKeyRow {
  @PrimaryColumn('text')
  kid!: string;

  @Column('text')
  state!: KeyFacts['state'];

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk!: JWK;

  /** Only of those that sign or will. */
  @Column('bytea', { name: 'sealed_jwk', nullable: true })
  sealedJwk!: Buffer | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  publishedAt!: Date;

  @Column('timestamptz', { name: 'signs_from', nullable: true })
  signsFrom!: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('timestamptz', { name: 'gone_at', nullable: true })
  goneAt!: Date | null;

  /** How long a token lives that it signs, the longest of all. */
  @Column('int', { name: 'token_minutes' })
  tokenMinutes!: number;

  /** How much was said of it. */
  @Column('int')
  version!: number;
}

/** A request that was under way while its key was retired may sign for a moment longer. */
const UNDER_WAY_MINUTES = 1;

const FACTS = `kid, public_jwk->>'alg' AS algorithm, state, created_at AS "publishedAt", signs_from AS "signsFrom", ended_at AS "endedAt", gone_at AS "goneAt"`;
const PAIR = `kid, public_jwk AS "publicJwk", sealed_jwk AS "sealedJwk"`;

/** Times are the database's own: replicas agree on when a key is due. */
export class SigningKeyStore {
  constructor(private readonly rows: Rows) {}

  /** Until the transaction ends: of many replicas one makes a key, and one rotates. */
  async lock(): Promise<void> {
    await this.rows.query(`SELECT pg_advisory_xact_lock(hashtextextended('mela.identity.signing-key', 0))`);
  }

  all(): Promise<KeyFacts[]> {
    return this.rows.query(`SELECT ${FACTS} FROM signing_key ORDER BY created_at, kid`);
  }

  async inState(state: 'next' | 'signing'): Promise<SealedPair | undefined> {
    const [pair] = await this.rows.query<SealedPair>(`SELECT ${PAIR} FROM signing_key WHERE state = $1`, [state]);
    return pair;
  }

  /** What may be verified with: whatever has signed a token that may still be shown, or will sign. */
  async published(): Promise<JWK[]> {
    const keys = await this.rows.query<{ jwk: JWK }>(
      `SELECT public_jwk AS jwk FROM signing_key WHERE state IN ('next', 'signing') OR (state = 'retired' AND gone_at > now()) ORDER BY created_at, kid`,
    );
    return keys.map(({ jwk }) => jwk);
  }

  async now(): Promise<Date> {
    const [row] = await this.rows.query<{ at: Date }>('SELECT clock_timestamp() AS at');
    return row!.at;
  }

  async insertNext({ kid, publicJwk, sealedJwk }: SealedPair): Promise<void> {
    await this.rows.query(`INSERT INTO signing_key (kid, public_jwk, sealed_jwk, state, created_at) VALUES ($1, $2, $3, 'next', clock_timestamp())`, [kid, JSON.stringify(publicJwk), sealedJwk]);
  }

  /** It never signed anything. */
  async dropNext(): Promise<void> {
    await this.rows.query(`DELETE FROM signing_key WHERE state = 'next'`);
  }

  /** The first key of all signs without anything being said: nobody knew another one. */
  async begin(kid: string): Promise<void> {
    await this.rows.query(`UPDATE signing_key SET state = 'signing', signs_from = clock_timestamp() WHERE kid = $1`, [kid]);
  }

  promote(kid: string, tokenMinutes: number): Promise<KeyVersion> {
    return this.change(`state = 'signing', signs_from = clock_timestamp(), token_minutes = $2, version = version + 1`, kid, [tokenMinutes]);
  }

  async retire(kid: string): Promise<void> {
    await this.change(`state = 'retired', sealed_jwk = NULL, ended_at = clock_timestamp(), gone_at = clock_timestamp() + make_interval(mins => token_minutes + $2)`, kid, [UNDER_WAY_MINUTES]);
  }

  /** The one that signs, and those of before whose tokens are still taken. */
  withdrawSigners(): Promise<KeyVersion[]> {
    return this.rows.query<KeyVersion>(
      `UPDATE signing_key SET state = 'withdrawn', sealed_jwk = NULL, ended_at = clock_timestamp(), gone_at = clock_timestamp(), version = version + 1
       WHERE state = 'signing' OR (state = 'retired' AND gone_at > now()) RETURNING kid AS id, version`,
    );
  }

  /** Whoever signs with it from now on gives tokens of this life: it stays until the last of them has expired. */
  async lengthen(tokenMinutes: number): Promise<void> {
    await this.rows.query(`UPDATE signing_key SET token_minutes = $1 WHERE state = 'signing' AND token_minutes < $1`, [tokenMinutes]);
  }

  /** Those that were withdrawn stay on record. */
  async forgetGone(): Promise<void> {
    await this.rows.query(`DELETE FROM signing_key WHERE state = 'retired' AND gone_at <= now()`);
  }

  private async change(set: string, kid: string, values: readonly unknown[] = []): Promise<KeyVersion> {
    const [key] = await this.rows.query<KeyVersion>(`UPDATE signing_key SET ${set} WHERE kid = $1 RETURNING kid AS id, version`, [kid, ...values]);
    return key!;
  }
}

interface KeyVersion {
  readonly id: string;
  readonly version: number;
}
