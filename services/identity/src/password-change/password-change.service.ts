import type { Caller } from '@mela/bus';
import { Db } from '@mela/chassis';
import { isRefusal, UserPasswordChanged, WrongPassword, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { EmailChangeStore } from '../email-change/email-change.store.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { AccountGone } from '../person/account-gone.ts';
import { NewPasswords } from '../person/new-passwords.ts';
import { PasswordHasher } from '../person/password-hasher.ts';
import { PersonStore } from '../person/person.store.ts';
import { endSessions } from '../session/end-sessions.ts';
import { VerificationStore } from '../verification/verification.store.ts';

@Injectable()
export class PasswordChangeService {
  constructor(
    private readonly db: Db,
    private readonly owners: OwnerProofs,
    private readonly passwords: NewPasswords,
    private readonly hasher: PasswordHasher,
    private readonly audit: AuditService,
  ) {}

  /** Whoever else is signed in may be why it is changed. */
  async change(caller: Caller, { newPassword, ...shown }: In<typeof identity.changePassword>): Promise<Out<typeof identity.changePassword> | Refusal> {
    const { personId, sessionId } = caller;
    const holder = await this.db.get(PersonStore).holderOf({ id: personId });
    if (!holder) return AccountGone();
    // Before what is shown: that may be good for once only.
    const refused = await this.passwords.unlessGood(newPassword, holder);
    if (refused) return refused;
    const account = await this.owners.check(caller, shown);
    if (isRefusal(account)) return account;
    const after = await this.hasher.hash(newPassword);
    if (isRefusal(after)) return after;
    return this.db.transaction(async (tx) => {
      // Of two changes at once the second knows a password of before.
      const changed = await tx.get(PersonStore).changePassword(personId, after, account.passwordHash);
      if (!changed) return WrongPassword();
      tx.emit(UserPasswordChanged, changed, { userId: personId });
      await tx.get(VerificationStore).supersede(changed.email, ['reset_password']);
      await tx.get(EmailChangeStore).supersede(personId);
      const ended = await endSessions(tx, personId, { but: sessionId });
      await this.audit.note(tx, { what: 'password_changed', by: caller, about: personId, details: { ended } });
      return { ended };
    });
  }
}
