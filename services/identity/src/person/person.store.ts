import type { Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Account, NewAccount } from './person.ts';

@Entity('person')
export class PersonRow implements Account {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  email!: string;

  @Column('text')
  name!: string;

  // Never read along with the rest: whoever needs it asks for it by name.
  @Column('text', { name: 'password_hash', select: false })
  passwordHash?: string;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

const ACCOUNT = 'id, email, name, version, created_at AS "createdAt"';

export class PersonStore {
  constructor(private readonly rows: Rows) {}

  /** Undefined when the address has an account: of many at once the constraint lets one through. */
  async insert({ id, email, name, passwordHash }: NewAccount): Promise<Account | undefined> {
    const [account] = await this.rows.query<Account>(
      `INSERT INTO person (id, email, name, password_hash) VALUES ($1, $2, $3, $4)
       ON CONFLICT (email) DO NOTHING RETURNING ${ACCOUNT}`,
      [id, email, name, passwordHash],
    );
    return account;
  }

  async find(id: string): Promise<Account | undefined> {
    return (await this.rows.manager.findOneBy(PersonRow, { id })) ?? undefined;
  }

  async credentialsOf(email: string): Promise<(Account & { passwordHash: string }) | undefined> {
    const [found] = await this.rows.query<Account & { passwordHash: string }>(
      `SELECT ${ACCOUNT}, password_hash AS "passwordHash" FROM person WHERE email = $1`,
      [email],
    );
    return found;
  }

  /** Only if nobody changed the password meanwhile. */
  async rehash(id: string, before: string, after: string): Promise<void> {
    await this.rows.query('UPDATE person SET password_hash = $3 WHERE id = $1 AND password_hash = $2', [id, before, after]);
  }
}
