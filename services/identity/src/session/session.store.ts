import type { Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { SessionState } from './session.ts';

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

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

/** Times are the database's own: replicas' clocks need not agree about a grace of seconds. */
export class SessionStore {
  constructor(private readonly rows: Rows) {}

  async insert(session: { id: string; personId: string; tokenHash: Buffer }, days: number): Promise<void> {
    await this.rows.query(
      `INSERT INTO session (id, person_id, token_hash, expires_at) VALUES ($1, $2, $3, now() + make_interval(days => $4))`,
      [session.id, session.personId, session.tokenHash, days],
    );
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

  async revoke(id: string): Promise<void> {
    await this.rows.query('UPDATE session SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL', [id]);
  }

  async forgetExpired(personId: string): Promise<void> {
    await this.rows.query('DELETE FROM session WHERE person_id = $1 AND expires_at < now()', [personId]);
  }
}
