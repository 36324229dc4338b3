import type { Rows } from '@mela/chassis';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EmailChange, Side } from './email-change.ts';

@Entity('email_change')
export class EmailChangeRow implements EmailChange {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'person_id' })
  personId!: string;

  @Column('uuid', { name: 'session_id' })
  sessionId!: string;

  @Column('text', { name: 'old_email' })
  oldEmail!: string;

  @Column('text', { name: 'new_email' })
  newEmail!: string;

  @Column('timestamptz', { name: 'old_confirmed_at', nullable: true })
  oldConfirmedAt!: Date | null;

  @Column('timestamptz', { name: 'new_confirmed_at', nullable: true })
  newConfirmedAt!: Date | null;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt!: Date;

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt!: Date | null;

  @Column('timestamptz', { name: 'superseded_at', nullable: true })
  supersededAt!: Date | null;
}

const CHANGE = `id, person_id AS "personId", session_id AS "sessionId", old_email AS "oldEmail", new_email AS "newEmail",
  old_confirmed_at AS "oldConfirmedAt", new_confirmed_at AS "newConfirmedAt", expires_at AS "expiresAt",
  completed_at AS "completedAt", superseded_at AS "supersededAt", clock_timestamp() AS at`;

const confirmedAt: Readonly<Record<Side, string>> = { old: 'old_confirmed_at', new: 'new_confirmed_at' };

export class EmailChangeStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, personId, sessionId, oldEmail, newEmail }: Pick<EmailChange, 'id' | 'personId' | 'sessionId' | 'oldEmail' | 'newEmail'>, minutes: number): Promise<void> {
    await this.rows.query(
      `INSERT INTO email_change (id, person_id, session_id, old_email, new_email, expires_at) VALUES ($1, $2, $3, $4, $5, now() + make_interval(mins => $6))`,
      [id, personId, sessionId, oldEmail, newEmail, minutes],
    );
  }

  async find(id: string): Promise<EmailChange | undefined> {
    return (await this.rows.query<EmailChange>(`SELECT ${CHANGE} FROM email_change WHERE id = $1`, [id]))[0];
  }

  /** Held until the transaction ends: of both addresses' yes at once, one comes second and completes it. */
  async lock(id: string): Promise<(EmailChange & { at: Date }) | undefined> {
    return (await this.rows.query<EmailChange & { at: Date }>(`SELECT ${CHANGE} FROM email_change WHERE id = $1 FOR UPDATE`, [id]))[0];
  }

  async confirm(id: string, side: Side): Promise<void> {
    await this.rows.query(`UPDATE email_change SET ${confirmedAt[side]} = clock_timestamp() WHERE id = $1`, [id]);
  }

  async complete(id: string): Promise<void> {
    await this.rows.query('UPDATE email_change SET completed_at = clock_timestamp() WHERE id = $1', [id]);
  }

  /** Whatever change of theirs was under way comes to nothing, and so do its tokens. */
  async supersede(personId: string): Promise<void> {
    await this.rows.query('UPDATE email_change SET superseded_at = clock_timestamp() WHERE person_id = $1 AND completed_at IS NULL AND superseded_at IS NULL', [personId]);
    await this.rows.query(
      `UPDATE verification SET superseded_at = clock_timestamp()
       WHERE person_id = $1 AND change_id IS NOT NULL AND used_at IS NULL AND superseded_at IS NULL`,
      [personId],
    );
  }

  /** Theirs of more than a week ago: by then its mails have been sent, or given up. */
  async forgetOld(personId: string): Promise<void> {
    await this.rows.query(`DELETE FROM email_change WHERE person_id = $1 AND expires_at < now() - interval '7 days'`, [personId]);
  }
}
