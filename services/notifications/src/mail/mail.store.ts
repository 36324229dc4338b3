import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Mail, MailState, Verdict } from './mail.ts';

@Entity('mail')
export class MailRow implements Mail {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  about!: string;

  @Column('uuid', { name: 'subject_id' })
  subjectId!: string;

  @Column('text')
  state!: MailState;

  @Column('int')
  attempts!: number;

  @Column('timestamptz', { name: 'due_at' })
  dueAt!: Date;

  @Column('text', { nullable: true })
  reason!: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'settled_at', nullable: true })
  settledAt!: Date | null;
}

/** A mail and its exact place in the list. */
export type ListedMail = Mail & { readonly at: string };

const MAIL = 'id, about, subject_id AS "subjectId", state, attempts, reason, created_at AS "createdAt", settled_at AS "settledAt"';

export class MailStore {
  constructor(private readonly rows: Rows) {}

  async insert(mails: readonly Pick<Mail, 'id' | 'about' | 'subjectId'>[]): Promise<void> {
    await this.rows.query(
      `INSERT INTO mail (id, about, subject_id) SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[]) ON CONFLICT (id) DO NOTHING`,
      [mails.map(({ id }) => id), mails.map(({ about }) => about), mails.map(({ subjectId }) => subjectId)],
    );
  }

  /** It is this process's to try, until the lease is over. Undefined where it is settled, another's, or not due yet. */
  async claim(id: string, leaseSeconds: number): Promise<Mail | undefined> {
    const [mail] = await this.rows.query<Mail>(
      `UPDATE mail SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2)
       WHERE id = $1 AND state = 'waiting' AND due_at <= now() RETURNING ${MAIL}`,
      [id, leaseSeconds],
    );
    return mail;
  }

  /** Only what the attempt itself began: whoever was slower than its lease says nothing about another's. */
  async settle({ id, attempts }: Pick<Mail, 'id' | 'attempts'>, verdict: Verdict): Promise<void> {
    if (verdict.state === 'waiting')
      await this.rows.query(`UPDATE mail SET reason = $3, due_at = now() + make_interval(secs => $4) WHERE id = $1 AND attempts = $2 AND state = 'waiting'`, [id, attempts, verdict.reason, verdict.pauseMs / 1_000]);
    // What arrived has arrived, whoever else is at it.
    else if (verdict.state === 'sent')
      await this.rows.query(`UPDATE mail SET state = 'sent', reason = NULL, settled_at = now() WHERE id = $1 AND state <> 'sent'`, [id]);
    else
      await this.rows.query(`UPDATE mail SET state = $3, reason = $4, settled_at = now() WHERE id = $1 AND attempts = $2 AND state = 'waiting'`, [id, attempts, verdict.state, verdict.reason]);
  }

  due(most: number): Promise<Pick<Mail, 'id' | 'attempts'>[]> {
    return this.rows.query(`SELECT id, attempts FROM mail WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT $1`, [most]);
  }

  async find(id: string): Promise<Mail | undefined> {
    return (await this.rows.query<Mail>(`SELECT ${MAIL} FROM mail WHERE id = $1`, [id]))[0];
  }

  async tryAgain(id: string): Promise<Mail | undefined> {
    const [mail] = await this.rows.query<Mail>(
      `UPDATE mail SET state = 'waiting', attempts = 0, reason = NULL, settled_at = NULL, due_at = now() WHERE id = $1 AND state = 'failed' RETURNING ${MAIL}`,
      [id],
    );
    return mail;
  }

  /** Newest first, strictly behind the position. */
  newestIn(state: MailState, behind: KeysetPosition | undefined, rows: number): Promise<ListedMail[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query<ListedMail>(
      `SELECT ${MAIL}, ${exactInstant('created_at')} AS at FROM mail
       WHERE state = $1 AND (created_at, id) < ($2::timestamptz, $3::uuid) ORDER BY created_at DESC, id DESC LIMIT $4`,
      [state, at, id, rows],
    );
  }

  async forgetOld(): Promise<void> {
    await this.rows.query(`DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE settled_at < now() - interval '30 days' LIMIT 1000)`);
  }
}
