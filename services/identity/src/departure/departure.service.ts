import type { Caller } from '@mela/bus';
import { Db, forgetAnswersAbout, SETTINGS, type Tidies, type Tx } from '@mela/chassis';
import { isRefusal, UserDeactivated, UserDeleted, UserDeletionRequested, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { ApiKeyService } from '../api-key/api-key.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { AuditStore } from '../audit/audit.store.ts';
import { CardService } from '../card/card.service.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { AccountGone } from '../person/account-gone.ts';
import type { Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { VerificationStore } from '../verification/verification.store.ts';
import { endSessions } from '../session/end-sessions.ts';
import { SessionStore } from '../session/session.store.ts';
import type { IdentitySettings } from '../settings.ts';
import { closeAccount, type Wish } from './departure.ts';
import { DepartureStore } from './departure.store.ts';

const REMOVED_AT_ONCE = 100;

@Injectable()
export class DepartureService implements Tidies {
  constructor(
    private readonly db: Db,
    private readonly owners: OwnerProofs,
    private readonly apiKeys: ApiKeyService,
    private readonly cards: CardService,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_DELETION_DAYS'>,
  ) {}

  async deactivate(caller: Caller, shown: In<typeof identity.deactivate>): Promise<Out<typeof identity.deactivate> | Refusal> {
    const closed = await this.close(caller, 'deactivate', shown);
    return isRefusal(closed) ? closed : { deactivatedAt: closed.deactivatedAt!.toISOString() };
  }

  async delete(caller: Caller, shown: In<typeof identity.delete>): Promise<Out<typeof identity.delete> | Refusal> {
    const closed = await this.close(caller, 'delete', shown);
    return isRefusal(closed) ? closed : { dueAt: closed.deletionDueAt!.toISOString() };
  }

  /** Any replica may do it: each account is one's to remove, and whoever dies over it has removed nothing. */
  async tidy(): Promise<void> {
    const faults: unknown[] = [];
    const due = await this.db.get(DepartureStore).due(REMOVED_AT_ONCE);
    for (const id of due) await this.remove(id).catch((fault: unknown) => faults.push(fault));
    if (faults.length > 0) throw new AggregateError(faults, `${faults.length} of ${due.length} accounts whose time had come could not be deleted: ${String(faults[0])}`);
    if (due.length === REMOVED_AT_ONCE) await this.tidy();
  }

  /** What outlives the account. Once more when its end is heard: a sign-in that failed meanwhile may have been noted after it. */
  async erase(personId: string, tx: Tx): Promise<void> {
    await tx.get(AuditStore).forgetWhereabouts(personId);
    await forgetAnswersAbout(tx, personId);
    await this.cards.outdateWhatever(personId);
  }

  private async close(caller: Caller, wish: Wish, shown: In<typeof identity.deactivate>): Promise<Account | Refusal> {
    const holder = await this.owners.check(caller, shown);
    if (isRefusal(holder)) return holder;
    return this.db.transaction(async (tx) => {
      const people = tx.get(PersonStore);
      // Before anybody else, as wherever roles are given: so that nobody waits in a circle.
      const superAdmins = await people.lockSuperAdmins();
      const account = await people.lock({ id: caller.personId });
      if (!account) return AccountGone();
      const isSignedIn = await tx.get(SessionStore).isAlive(caller.sessionId);
      const closes = closeAccount(account, wish, { isSignedIn, otherSuperAdmins: superAdmins.filter((id) => id !== account.id).length });
      if (isRefusal(closes)) return closes;
      if (!closes) return account;
      const closed = await tx.get(DepartureStore).close(account.id, wish === 'delete' ? this.settings.IDENTITY_DELETION_DAYS : null);
      await this.tell(tx, closed, caller);
      return closed;
    });
  }

  private async tell(tx: Tx, closed: Account, caller: Caller): Promise<void> {
    const { id: userId, deletionDueAt } = closed;
    if (deletionDueAt) tx.emit(UserDeletionRequested, closed, { userId, dueAt: deletionDueAt.toISOString() });
    else tx.emit(UserDeactivated, closed, { userId });
    const sessions = await endSessions(tx, userId);
    const apiKeys = await this.apiKeys.end(tx, userId);
    await this.cards.renew(tx, userId);
    const dueAt = deletionDueAt ? { dueAt: deletionDueAt.toISOString() } : {};
    await this.audit.note(tx, { what: deletionDueAt ? 'deletion_requested' : 'deactivated', by: caller, about: userId, details: { sessions, ...(apiKeys > 0 ? { apiKeys } : {}), ...dueAt } });
  }

  private remove(id: string): Promise<void> {
    return this.db.transaction(async (tx) => {
      const removed = await tx.get(DepartureStore).remove(id);
      if (!removed) return;
      // What was asked for at an address of theirs in nobody's name hangs on the address alone.
      await tx.get(VerificationStore).forget(removed.emails);
      tx.emit(UserDeleted, removed, { userId: id });
      await this.audit.note(tx, { what: 'deleted', by: null, about: id });
      await this.erase(id, tx);
    });
  }
}
