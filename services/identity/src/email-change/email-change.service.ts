import type { Caller } from '@mela/bus';
import { Db, stateOf, type Tx } from '@mela/chassis';
import {
  EmailTaken, EmailUnchanged, isRefusal, TokenRefused, UserEmailChanged,
  type identity, type In, type Out, type Refusal,
} from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { AccountGone } from '../person/account-gone.ts';
import { foldedEmail } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { endSessions } from '../session/end-sessions.ts';
import { lifetime } from '../verification/verification.ts';
import { VerificationService } from '../verification/verification.service.ts';
import { VerificationStore } from '../verification/verification.store.ts';
import { completes, isOpen, type EmailChange, type Side } from './email-change.ts';
import { EmailChangeStore } from './email-change.store.ts';

@Injectable()
export class EmailChangeService {
  constructor(
    private readonly db: Db,
    private readonly owners: OwnerProofs,
    private readonly verifications: VerificationService,
    private readonly audit: AuditService,
  ) {}

  /** Whether the new address is somebody's is neither asked nor said: nothing is sent there then, and only who sends learns it. */
  async request(caller: Caller, { newEmail: wished, ...shown }: In<typeof identity.changeEmail>): Promise<Out<typeof identity.changeEmail> | Refusal> {
    const { personId, sessionId } = caller;
    const newEmail = foldedEmail(wished);
    const before = await this.db.get(PersonStore).find(personId);
    if (!before) return AccountGone();
    // Before what is shown: that may be good for once only.
    if (before.email === newEmail) return EmailUnchanged();
    const holder = await this.owners.check(caller, shown);
    if (isRefusal(holder)) return holder;
    return this.db.transaction(async (tx) => {
      const account = await this.owners.held(tx, holder);
      if (isRefusal(account)) return account;
      const change = { id: uuidv7(), personId, sessionId, oldEmail: account.email, newEmail };
      if (change.oldEmail === change.newEmail) return EmailUnchanged();
      const changes = tx.get(EmailChangeStore);
      await changes.forgetOld(personId);
      await changes.supersede(personId);
      await changes.insert(change, lifetime.confirm_new_email);
      await this.verifications.request(tx, { purpose: 'confirm_old_email', email: change.oldEmail, personId, changeId: change.id });
      await this.verifications.request(tx, { purpose: 'confirm_new_email', email: change.newEmail, personId, changeId: change.id });
      return { accepted: true as const };
    });
  }

  confirm({ token }: In<typeof identity.confirmEmail>): Promise<Out<typeof identity.confirmEmail> | Refusal> {
    return this.db.transaction(async (tx) => {
      const verification = await this.verifications.take(tx, token, ['confirm_old_email', 'confirm_new_email']);
      if (isRefusal(verification)) return verification;
      const changes = tx.get(EmailChangeStore);
      const change = await changes.lock(verification.changeId!);
      if (!change || !isOpen(change, change.at)) return TokenRefused();
      const side: Side = verification.purpose === 'confirm_old_email' ? 'old' : 'new';
      await changes.confirm(change.id, side);
      if (!completes(change, side)) return { changed: false };
      return this.complete(tx, change);
    });
  }

  private async complete(tx: Tx, { id, personId, sessionId, oldEmail, newEmail }: EmailChange): Promise<{ changed: true } | Refusal> {
    const changed = await this.db.transaction((inner) => inner.get(PersonStore).changeEmail(personId, newEmail)).catch((fault: unknown) => {
      if (stateOf(fault) === UNIQUE) return EmailTaken();
      throw fault;
    });
    if (!changed) return TokenRefused();
    if (isRefusal(changed)) return changed;
    tx.emit(UserEmailChanged, changed, { userId: personId, changeId: id });
    await tx.get(EmailChangeStore).complete(id);
    for (const email of [oldEmail, newEmail]) await tx.get(VerificationStore).supersede(email, ['verify_email', 'reset_password']);
    const ended = await endSessions(tx, personId, { but: sessionId });
    await this.audit.note(tx, { what: 'email_changed', by: { personId }, about: personId, details: { ended } });
    return { changed: true };
  }
}

const UNIQUE = '23505';
