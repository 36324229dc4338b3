import { oftenAsked, type Rows } from '@mela/chassis';
import type { PlatformRole } from '@mela/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Holder } from './password-strength.ts';
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
  @Column('text', { name: 'password_hash', select: false, nullable: true })
  passwordHash?: string | null;

  @Column('text')
  role!: PlatformRole;

  @Column('timestamptz', { name: 'suspended_at', nullable: true })
  suspendedAt!: Date | null;
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt!: Date | null;

  @Column('text')
  language!: string;

  @Column('timestamptz', { name: 'deactivated_at', nullable: true })
  deactivatedAt!: Date | null;

  @Column('timestamptz', { name: 'deletion_due_at', nullable: true })
  deletionDueAt!: Date | null;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

export const ACCOUNT =
  'id, email, name, role, suspended_at AS "suspendedAt", deactivated_at AS "deactivatedAt", deletion_due_at AS "deletionDueAt", ' +
  'email_verified_at AS "emailVerifiedAt", language, version, created_at AS "createdAt"';

/** What somebody signs in with. */
export type Credentials = Account & { readonly passwordHash: string | null; readonly codesOn: boolean };

/** And with which key they are let in at the moment: it would be another way to the database and back to ask for it. */
export type EntryCredentials = Credentials & { readonly signedWith: string };

const CREDENTIALS = `${ACCOUNT}, password_hash AS "passwordHash", codes_on AS "codesOn"`;
const ENTRY_CREDENTIALS = `SELECT ${CREDENTIALS}, (SELECT kid FROM signing_key WHERE state = 'signing') AS "signedWith" FROM person`;
const SEEK = oftenAsked(`${ENTRY_CREDENTIALS} WHERE email = $1`);

const keyOf = (who: { id: string } | { email: string }): readonly [string, string] => ('id' in who ? ['id', who.id] : ['email', who.email]);

export class PersonStore {
  constructor(private readonly rows: Rows) {}

  /** Undefined when the address has an account: of many at once the constraint lets one through. */
  async insert({ id, email, name, passwordHash, language }: NewAccount): Promise<Account | undefined> {
    const [account] = await this.rows.query<Account>(
      `INSERT INTO person (id, email, name, password_hash, language) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (email) DO NOTHING RETURNING ${ACCOUNT}`,
      [id, email, name, passwordHash, language],
    );
    return account;
  }

  async find(id: string): Promise<Account | undefined> {
    return (await this.rows.manager.findOneBy(PersonRow, { id })) ?? undefined;
  }

  async withEmail(email: string): Promise<Account | undefined> {
    return (await this.rows.query<Account>(`SELECT ${ACCOUNT} FROM person WHERE email = $1`, [email]))[0];
  }

  /** What a new password of theirs is held against. */
  async holderOf(who: { id: string } | { email: string }): Promise<Holder | undefined> {
    const [field, value] = keyOf(who);
    return (await this.rows.query<Holder>(`SELECT email, name, handle FROM person LEFT JOIN handle ON person_id = id AND kept_until IS NULL WHERE ${field} = $1`, [value]))[0];
  }

  async credentialsOf(who: { id: string } | { email: string }): Promise<Credentials | undefined> {
    const [field, value] = keyOf(who);
    const [found] = await this.rows.query<Credentials>(`SELECT ${CREDENTIALS} FROM person WHERE ${field} = $1`, [value]);
    return found;
  }

  /** Of whoever wants to sign in. */
  async seekCredentials(email: string): Promise<EntryCredentials | undefined> {
    return (await this.rows.query<EntryCredentials>(SEEK, [email]))[0];
  }

  /** Held until the transaction ends. */
  async lock(who: { id: string } | { email: string }): Promise<Account | undefined> {
    const [field, value] = keyOf(who);
    const [account] = await this.rows.query<Account>(`SELECT ${ACCOUNT} FROM person WHERE ${field} = $1 FOR UPDATE`, [value]);
    return account;
  }

  /** Two at once, held in the order of ids, and answered in the order they were asked for. */
  async lockBoth(one: string, other: string): Promise<[Account | undefined, Account | undefined]> {
    const found = await this.rows.query<Account>(`SELECT ${ACCOUNT} FROM person WHERE id IN ($1, $2) ORDER BY id FOR UPDATE`, [one, other]);
    return [found.find(({ id }) => id === one), found.find(({ id }) => id === other)];
  }

  /** As it is now, and stays until the transaction ends. Whoever signs in at the same time waits: the account may be opened again by it. */
  async hold(id: string): Promise<Account | undefined> {
    const [account] = await this.rows.query<Account>(`SELECT ${ACCOUNT} FROM person WHERE id = $1 FOR NO KEY UPDATE`, [id]);
    return account;
  }

  /** The same, with what is needed to sign in. */
  async holdCredentials(id: string): Promise<EntryCredentials | undefined> {
    return (await this.rows.query<EntryCredentials>(`${ENTRY_CREDENTIALS} WHERE id = $1 FOR NO KEY UPDATE`, [id]))[0];
  }

  /** Those who are not shut out and have not left. Held, too: of two super-admins who depose each other at once one stays. In the order of ids, so that nobody waits in a circle. */
  async lockSuperAdmins(): Promise<readonly string[]> {
    const rows = await this.rows.query<{ id: string }>(`SELECT id FROM person WHERE role = 'super_admin' AND suspended_at IS NULL AND deactivated_at IS NULL ORDER BY id FOR UPDATE`);
    return rows.map(({ id }) => id);
  }

  async changeRole(id: string, role: PlatformRole): Promise<Account> {
    const [account] = await this.rows.query<Account>(`UPDATE person SET role = $2, version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`, [id, role]);
    return account!;
  }

  async markVerified(id: string): Promise<Account> {
    const [account] = await this.rows.query<Account>(`UPDATE person SET email_verified_at = now(), version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`, [id]);
    return account!;
  }

  /** Given the hash of before, only if nobody changed the password meanwhile. */
  async changePassword(id: string, after: string, before?: string | null): Promise<Account | undefined> {
    const [account] = await this.rows.query<Account>(
      `UPDATE person SET password_hash = $2, version = version + 1 WHERE id = $1 AND ($4 OR password_hash IS NOT DISTINCT FROM $3) RETURNING ${ACCOUNT}`,
      [id, after, before ?? null, before === undefined],
    );
    return account;
  }

  /** It was confirmed: so it is verified. The constraint refuses an address that somebody has. Undefined where the account is gone. */
  async changeEmail(id: string, email: string): Promise<Account | undefined> {
    const [account] = await this.rows.query<Account>(`UPDATE person SET email = $2, email_verified_at = now(), version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`, [id, email]);
    return account;
  }

  /** The account is held. */
  async askForCodes(id: string, codesOn: boolean): Promise<Account> {
    const [account] = await this.rows.query<Account>(`UPDATE person SET codes_on = $2, version = version + 1 WHERE id = $1 RETURNING ${ACCOUNT}`, [id, codesOn]);
    return account!;
  }

  /** The same password, hashed anew. The account is held. */
  async rehash(id: string, after: string): Promise<void> {
    await this.rows.query('UPDATE person SET password_hash = $2 WHERE id = $1', [id, after]);
  }
}
