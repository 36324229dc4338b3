import type { Rows } from '@mela/chassis';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Purpose, Verification } from './verification.ts';

@Entity('verification')
export class VerificationRow implements Verification {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  purpose!: Purpose;

  @Column('uuid', { name: 'person_id', nullable: true })
  personId!: string | null;

  @Column('uuid', { name: 'change_id', nullable: true })
  changeId!: string | null;

  @Column('text')
  email!: string;

  @Column('bytea')
  salt!: Buffer;

  @Column('bytea', { name: 'token_hash' })
  tokenHash!: Buffer;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;

  @Column('timestamptz', { name: 'superseded_at', nullable: true })
  supersededAt!: Date | null;
}

const VERIFICATION = `id, purpose, person_id AS "personId", change_id AS "changeId", email, salt, token_hash AS "tokenHash",
  expires_at AS "expiresAt", used_at AS "usedAt", superseded_at AS "supersededAt", clock_timestamp() AS at`;

type NewVerification = Omit<Verification, 'expiresAt' | 'usedAt' | 'supersededAt'>;

/** As it is at this moment of the database's own clock. */
export type VerificationNow = Verification & { readonly at: Date };

export class VerificationStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, purpose, personId, changeId, email, salt, tokenHash }: NewVerification, minutes: number): Promise<void> {
    await this.rows.query(
      `INSERT INTO verification (id, purpose, person_id, change_id, email, salt, token_hash, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(mins => $8))`,
      [id, purpose, personId, changeId, email, salt, tokenHash, minutes],
    );
  }

  async find(id: string): Promise<VerificationNow | undefined> {
    return (await this.rows.query<VerificationNow>(`SELECT ${VERIFICATION} FROM verification WHERE id = $1`, [id]))[0];
  }

  /** Whatever concerns one address takes its turn, until the transaction ends: so the newest supersedes all others, however many come at once. */
  async takeTurn(email: string): Promise<void> {
    await this.rows.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`verification ${email}`]);
  }

  async use(id: string): Promise<void> {
    await this.rows.query('UPDATE verification SET used_at = clock_timestamp() WHERE id = $1', [id]);
  }

  async supersede(email: string, purposes: readonly Purpose[]): Promise<void> {
    await this.rows.query(
      'UPDATE verification SET superseded_at = clock_timestamp() WHERE email = $1 AND purpose = ANY($2) AND used_at IS NULL AND superseded_at IS NULL',
      [email, purposes],
    );
  }

  /** Those whose time is not over yet, and whether one of them is still good. */
  async young(email: string, purpose: Purpose): Promise<{ readonly asked: number; readonly isOneOpen: boolean }> {
    const [young] = await this.rows.query<{ asked: number; isOneOpen: boolean }>(
      `SELECT count(*)::int AS asked, coalesce(bool_or(used_at IS NULL AND superseded_at IS NULL), false) AS "isOneOpen"
       FROM verification WHERE email = $1 AND purpose = $2 AND expires_at > now()`,
      [email, purpose],
    );
    return young!;
  }

  /** In nobody's name: what somebody asked for at an address in their own is theirs. */
  async forget(emails: readonly string[]): Promise<void> {
    await this.rows.query('DELETE FROM verification WHERE email = ANY($1) AND person_id IS NULL', [emails]);
  }

  /** A day after they were over: by then their mails have been sent, or given up. */
  async forgetOld(): Promise<void> {
    await this.rows.query(`DELETE FROM verification WHERE expires_at < now() - interval '1 day'`);
  }
}
