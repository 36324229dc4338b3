import type { Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Vouched } from './outside.ts';

@Entity('outside_identity')
export class OutsideRow {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'person_id' })
  personId!: string;

  @Column('text')
  provider!: string;

  @Column('text')
  issuer!: string;

  @Column('text')
  subject!: string;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt!: Date;
}

type Subject = Pick<Vouched, 'issuer' | 'subject'>;

export class OutsideStore {
  constructor(private readonly rows: Rows) {}

  async find({ issuer, subject }: Subject): Promise<OutsideRow | undefined> {
    return (await this.rows.manager.findOneBy(OutsideRow, { issuer, subject })) ?? undefined;
  }

  /** Of many at once who come with the same subject, one goes on and the others wait until its transaction ends. */
  async inTurn({ issuer, subject }: Subject): Promise<void> {
    await this.rows.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [JSON.stringify([issuer, subject])]);
  }

  async insert({ id, personId, provider, issuer, subject }: Omit<OutsideRow, 'createdAt' | 'lastUsedAt'>): Promise<void> {
    await this.rows.query('INSERT INTO outside_identity (id, person_id, provider, issuer, subject) VALUES ($1, $2, $3, $4, $5)', [id, personId, provider, issuer, subject]);
  }

  of(personId: string): Promise<OutsideRow[]> {
    return this.rows.manager.find(OutsideRow, { where: { personId }, order: { createdAt: 'ASC', id: 'ASC' } });
  }

  async delete(id: string): Promise<void> {
    await this.rows.query('DELETE FROM outside_identity WHERE id = $1', [id]);
  }

  /** False where it is gone by now. */
  async used(id: string): Promise<boolean> {
    const used = await this.rows.query('UPDATE outside_identity SET last_used_at = clock_timestamp() WHERE id = $1 RETURNING id', [id]);
    return used.length > 0;
  }
}
