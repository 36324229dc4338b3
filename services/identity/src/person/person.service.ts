import { currentContext, type Caller } from '@mela/bus';
import { Db } from '@mela/chassis';
import { EmailTaken, Forbidden, isRefusal, PersonUnknown, UserRegistered, UserRoleChanged, type identity, type In, type Person, type PlatformRole, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { endSessions } from '../session/end-sessions.ts';
import { SessionOpening } from '../session/session-opening.ts';
import { VerificationService } from '../verification/verification.service.ts';
import { AccountGone } from './account-gone.ts';
import { languageOfNewcomer } from './language.ts';
import { NewPasswords } from './new-passwords.ts';
import { asPerson, changeRole, foldedEmail, hearPerson, writeAccount } from './person.ts';
import { PersonStore } from './person.store.ts';

@Injectable()
export class PersonService {
  constructor(
    private readonly db: Db,
    private readonly passwords: NewPasswords,
    private readonly opening: SessionOpening,
    private readonly audit: AuditService,
    private readonly verifications: VerificationService,
  ) {}

  async register(draft: In<typeof identity.register>): Promise<Session | Refusal> {
    const passwordHash = await this.passwords.take(draft.password, draft);
    if (isRefusal(passwordHash)) return passwordHash;
    return this.db.transaction(async (tx) => {
      const account = await tx.get(PersonStore).insert(writeAccount(draft, passwordHash, languageOfNewcomer(currentContext()?.locale)));
      if (!account) return EmailTaken();
      tx.emit(UserRegistered, account, { userId: account.id });
      await this.audit.note(tx, { what: 'registered', by: { personId: account.id }, about: account.id, device: draft.device });
      await this.verifications.request(tx, { purpose: 'verify_email', email: account.email, personId: account.id });
      return this.opening.open(tx, account, draft.device);
    });
  }

  async find(id: string): Promise<Person | Refusal> {
    const account = await this.db.get(PersonStore).find(id);
    return account ? asPerson(account) : AccountGone();
  }

  changeRole(caller: Caller, { personId, role }: In<typeof identity.changeRole>): Promise<Person | Refusal> {
    return this.give(role, { id: personId }, caller);
  }

  appoint({ email, role }: In<typeof identity.appoint>): Promise<Person | Refusal> {
    return this.give(role, { email: foldedEmail(email) }, null);
  }

  async hearing(personId: string, name: string): Promise<ReturnType<typeof hearPerson>> {
    const account = await this.db.get(PersonStore).find(personId);
    return account ? hearPerson(name, account) : AccountGone();
  }

  /** Tokens say which role their holder has: those of before are worth nothing any more. */
  private give(role: PlatformRole, who: { id: string } | { email: string }, by: Caller | null): Promise<Person | Refusal> {
    return this.db.transaction(async (tx) => {
      const people = tx.get(PersonStore);
      const superAdmins = await people.lockSuperAdmins();
      // Their token may say more than is so any more.
      if (by && !superAdmins.includes(by.personId)) return Forbidden('You are no super-admin any more');
      const account = await people.lock(who);
      if (!account) return PersonUnknown();
      const changes = changeRole(account, role, { superAdmins: superAdmins.filter((id) => id !== account.id).length });
      if (isRefusal(changes)) return changes;
      if (!changes) return asPerson(account);
      const changed = await people.changeRole(account.id, role);
      tx.emit(UserRoleChanged, changed, { userId: changed.id, role });
      const sessions = await endSessions(tx, changed.id);
      await this.audit.note(tx, { what: by ? 'role_changed' : 'appointed', by, about: changed.id, details: { from: account.role, to: role, sessions } });
      return asPerson(changed);
    });
  }
}
