import { randomBytes } from 'node:crypto';
import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { EndedSession, ListedSession, SessionState } from './session.ts';

const HASH_BYTES = 32;

@Entity('session')
export class SessionRow implements SessionState {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'person_id' })
  personId!: string;

  @Column('int')
  generation!: number;

  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column('timestamptz', { name: 'rotated_at' })
  rotatedAt!: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt!: Date | null;

  @Column('text', { nullable: true })
  device!: string | null;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

export interface NewSession {
  readonly id: string;
  readonly personId: string;
  readonly tokenHash: Buffer;
  readonly device: string | undefined;
  /** How much was said of it. */
  readonly version: number;
}

/** Times are the database's own: replicas' clocks need not agree about a grace of seconds. */
export class SessionStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, personId, tokenHash, device, version }: NewSession, days: number): Promise<void> {
    await this.rows.query(
      `INSERT INTO session (id, person_id, token_hash, device, version, expires_at) VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6))`,
      [id, personId, tokenHash, device ?? null, version, days],
    );
  }

  /** Nothing refreshes it: its hash is of a token that nobody was ever given. */
  async insertImpersonation({ id, personId, impersonatorId }: { id: string; personId: string; impersonatorId: string }, minutes: number): Promise<void> {
    await this.rows.query(
      `INSERT INTO session (id, person_id, impersonator_id, token_hash, expires_at) VALUES ($1, $2, $3, $4, now() + make_interval(mins => $5))`,
      [id, personId, impersonatorId, randomBytes(HASH_BYTES), minutes],
    );
  }

  /** Those of the person's own that are alive, the latest first, strictly behind the position. */
  alive(personId: string, behind: KeysetPosition | undefined, rows: number): Promise<(ListedSession & { exactAt: string })[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query(
      `SELECT id, device, created_at AS "createdAt", rotated_at AS "refreshedAt", expires_at AS "expiresAt", ${exactInstant('created_at')} AS "exactAt" FROM session
       WHERE person_id = $1 AND impersonator_id IS NULL AND revoked_at IS NULL AND expires_at > now() AND (created_at, id) < ($2::timestamptz, $3::uuid)
       ORDER BY created_at DESC, id DESC LIMIT $4`,
      [personId, at, id, rows],
    );
  }

  /** Alive or not: what somebody is told of a sign-in in their name. */
  async toldOf(id: string): Promise<{ personId: string; device: string | null; createdAt: Date } | undefined> {
    return (await this.rows.query<{ personId: string; device: string | null; createdAt: Date }>('SELECT person_id AS "personId", device, created_at AS "createdAt" FROM session WHERE id = $1', [id]))[0];
  }

  async isAlive(id: string): Promise<boolean> {
    return (await this.rows.query('SELECT 1 FROM session WHERE id = $1 AND revoked_at IS NULL AND expires_at > now()', [id])).length > 0;
  }

  /** Held until the transaction ends: of many refreshes at once, one rotates and the others find it done. */
  async lock(id: string): Promise<(SessionState & { at: Date }) | undefined> {
    const [session] = await this.rows.query<SessionState & { at: Date }>(
      `SELECT id, person_id AS "personId", generation, token_hash AS "tokenHash", rotated_at AS "rotatedAt",
              expires_at AS "expiresAt", revoked_at AS "revokedAt", clock_timestamp() AS at
       FROM session WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return session;
  }

  async rotate(id: string, tokenHash: Buffer): Promise<void> {
    await this.rows.query('UPDATE session SET generation = generation + 1, token_hash = $2, rotated_at = clock_timestamp() WHERE id = $1', [id, tokenHash]);
  }

  /** Of a person, and of whomever they look through the eyes of: one, all, or all but one. Answers those that were alive. */
  end(personId: string, { only, but }: { only?: string; but?: string } = {}): Promise<EndedSession[]> {
    return this.rows.query(
      `UPDATE session SET revoked_at = clock_timestamp(), version = version + 1
       WHERE (person_id = $1 OR impersonator_id = $1) AND revoked_at IS NULL AND expires_at > now() AND id = coalesce($2, id) AND id IS DISTINCT FROM $3
       RETURNING id, version, person_id AS "personId", impersonator_id AS "impersonatorId"`,
      [personId, only ?? null, but ?? null],
    );
  }

  async forgetExpired(): Promise<void> {
    await this.rows.query('DELETE FROM session WHERE expires_at < now()');
  }
}
