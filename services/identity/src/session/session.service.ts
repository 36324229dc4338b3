import type { Caller } from '@mela/bus';
import { Db, lasting, SETTINGS, type Tx } from '@mela/chassis';
import {
  InvalidToken, isRefusal, RefreshRefused, SessionOpenedElsewhere, SessionRevoked, SessionUnknown, Suspended, UserPasswordChanged, WrongCredentials, WrongPassword,
  NotWhileImpersonating, type identity, type In, type Out, type Refusal, type Session,
} from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { Reopening } from '../departure/reopening.ts';
import { EmailChangeStore } from '../email-change/email-change.store.ts';
import { isOutdated, parseHash } from '../person/password.ts';
import { NewPasswords } from '../person/new-passwords.ts';
import { PasswordHasher } from '../person/password-hasher.ts';
import { asPerson, foldedEmail, type Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { Challenges } from '../second-factor/challenges.ts';
import type { IdentitySettings } from '../settings.ts';
import { VerificationStore } from '../verification/verification.store.ts';
import { AccessTokens } from './access-tokens.ts';
import { hashOf, RefreshTokens } from './refresh-token.ts';
import { SignInThrottle } from '../throttle/sign-in-throttle.ts';
import { asSignedIn, isLatest, judge } from './session.ts';
import { SessionStore } from './session.store.ts';

@Injectable()
export class SessionService {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly passwords: NewPasswords,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    private readonly throttle: SignInThrottle,
    private readonly challenges: Challenges,
    private readonly reopening: Reopening,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_SESSION_DAYS' | 'IDENTITY_REFRESH_GRACE_SECONDS'>,
  ) {}

  /** An address that nobody has and a wrong password take the same steps and get the same answer. */
  async signIn({ email, password, device }: In<typeof identity.signIn>): Promise<Session | Refusal> {
    const account = await this.db.get(PersonStore).credentialsOf({ email: foldedEmail(email) });
    const attempt = await this.throttle.admit(foldedEmail(email), account?.id);
    if (isRefusal(attempt)) return attempt;
    // Whoever has no password is, for whoever guesses one, like somebody who is not there.
    const stored = account?.passwordHash ?? undefined;
    const matches = await this.hasher.matches(password, stored);
    if (isRefusal(matches)) {
      await attempt.giveBack();
      return matches;
    }
    if (!account || stored === undefined || !matches) return this.fail(foldedEmail(email), account, device);
    const better = isOutdated(parseHash(stored)) ? await this.hasher.hash(password) : undefined;
    const outcome = await this.db.transaction(async (tx) => {
      if (typeof better === 'string') await tx.get(PersonStore).rehash(account.id, stored, better);
      await tx.get(SessionStore).forgetExpired(account.id);
      const needed = await this.challenges.neededBy(tx, account.id, device);
      if (needed) return needed;
      const opened = await this.open(tx, account, device);
      if (!isRefusal(opened)) await attempt.succeed(tx);
      return opened;
    });
    // It was the right password, whatever else is missing.
    if (isRefusal(outcome)) await attempt.giveBack();
    return outcome;
  }

  private fail(email: string, account: Account | undefined, device: string | undefined): Promise<Refusal> {
    return this.db.transaction(async (tx) => {
      await this.audit.noteFailure(tx, email, { about: account?.id, device });
      return lasting(WrongCredentials());
    });
  }

  /** For whoever has shown who they are, in whatever way: only here is a sign-in refused to those who are shut out. */
  async open(tx: Tx, { id: personId }: Pick<Account, 'id'>, device: string | undefined): Promise<Session | Refusal> {
    // As it is now, and until this session is there to be ended: whoever is shut out meanwhile is so afterwards.
    const held = await tx.get(PersonStore).hold(personId);
    if (!held) return InvalidToken('Its account is gone');
    if (held.suspendedAt !== null) {
      await this.audit.note(tx, { what: 'sign_in_failed', by: null, about: personId, device, details: { suspended: true } });
      return lasting(Suspended());
    }
    const account = held.deactivatedAt === null ? held : await this.reopening.reopen(tx, held);
    const id = uuidv7();
    const refreshToken = this.refreshTokens.first(id);
    const { isElsewhere } = await this.throttle.arrive(tx, account.id);
    const session = { id, personId: account.id, tokenHash: hashOf(refreshToken), device, version: isElsewhere ? 1 : 0 };
    await tx.get(SessionStore).insert(session, this.settings.IDENTITY_SESSION_DAYS);
    if (isElsewhere) tx.emit(SessionOpenedElsewhere, session, { sessionId: id, userId: account.id });
    await this.audit.note(tx, { what: 'signed_in', by: { personId: account.id }, about: account.id, device, details: { sessionId: id, ...(isElsewhere ? { elsewhere: true } : {}) } });
    return this.answer(account, id, refreshToken);
  }

  async refresh({ refreshToken }: In<typeof identity.refresh>): Promise<Session | Refusal> {
    const presented = this.refreshTokens.read(refreshToken);
    if (!presented) return RefreshRefused();
    const successor = this.refreshTokens.successorOf(presented);
    return this.db.transaction(async (tx) => {
      const sessions = tx.get(SessionStore);
      const session = await sessions.lock(presented.sessionId);
      if (!session) return RefreshRefused();
      const hashes = { generation: presented.generation, hash: hashOf(refreshToken), successorHash: hashOf(successor) };
      const account = await tx.get(PersonStore).find(session.personId);
      if (account?.suspendedAt && session.expiresAt > session.at && isLatest(session, hashes)) return Suspended();
      const verdict = judge(session, hashes, session.at, this.settings.IDENTITY_REFRESH_GRACE_SECONDS);
      if (verdict === 'refuse') return RefreshRefused();
      if (verdict === 'revoke') {
        await this.end(tx, session.personId, { only: session.id });
        await this.audit.note(tx, { what: 'refresh_token_reused', by: null, about: session.personId, details: { sessionId: session.id } });
        return lasting(RefreshRefused());
      }
      if (verdict === 'rotate') await sessions.rotate(session.id, hashes.successorHash);
      return account ? this.answer(account, session.id, successor) : RefreshRefused();
    });
  }

  async list({ personId, sessionId }: Caller): Promise<Out<typeof identity.sessions>> {
    const alive = await this.db.get(SessionStore).alive(personId);
    return { items: alive.map((session) => asSignedIn(session, sessionId)) };
  }

  /** Whose session it is not learns no more than that they have none of that name. */
  endOne(caller: Caller, sessionId: string): Promise<Out<typeof identity.endSession> | Refusal> {
    return this.db.transaction(async (tx) => {
      const ended = await this.end(tx, caller.personId, { only: sessionId });
      if (ended === 0) return SessionUnknown();
      await this.audit.note(tx, { what: 'session_ended', by: caller, about: caller.personId, details: { sessionId } });
      return { ended };
    });
  }

  async signOut(caller: Caller, { everywhere }: In<typeof identity.signOut>): Promise<Out<typeof identity.signOut> | Refusal> {
    const { personId, sessionId, actor } = caller;
    if (everywhere && actor !== undefined) return NotWhileImpersonating();
    return this.db.transaction(async (tx) => {
      const ended = await this.end(tx, personId, everywhere ? {} : { only: sessionId });
      if (ended > 0) await this.audit.note(tx, { what: 'signed_out', by: caller, about: personId, details: { sessionId, everywhere, ended } });
      return { ended };
    });
  }

  /** Whoever else is signed in may be why it is changed. */
  async changePassword(caller: Caller, { password, newPassword }: In<typeof identity.changePassword>): Promise<Out<typeof identity.changePassword> | Refusal> {
    const { personId, sessionId } = caller;
    const account = await this.db.get(PersonStore).credentialsOf({ id: personId });
    if (!account) return InvalidToken('Its account is gone');
    const known = await this.knows(password, account.passwordHash);
    if (isRefusal(known)) return known;
    if (!known) return WrongPassword();
    const after = await this.passwords.take(newPassword, account);
    if (isRefusal(after)) return after;
    return this.db.transaction(async (tx) => {
      // Of two changes at once the second knows a password of before.
      const changed = await tx.get(PersonStore).changePassword(personId, after, account.passwordHash);
      if (!changed) return WrongPassword();
      tx.emit(UserPasswordChanged, changed, { userId: personId });
      await tx.get(VerificationStore).supersede(changed.email, ['reset_password']);
      await tx.get(EmailChangeStore).supersede(personId);
      const ended = await this.end(tx, personId, { but: sessionId });
      await this.audit.note(tx, { what: 'password_changed', by: caller, about: personId, details: { ended } });
      return { ended };
    });
  }

  /** Whoever has no password knows it by saying none. */
  private async knows(password: string | undefined, stored: string | null): Promise<boolean | Refusal> {
    return stored === null ? password === undefined : this.hasher.matches(password ?? '', stored);
  }

  /** Tells how many of the person's sessions have ended with it; of those in which another looked through somebody's eyes it says nothing. */
  async end(tx: Tx, personId: string, which: { only?: string; but?: string } = {}): Promise<number> {
    const ended = await tx.get(SessionStore).end(personId, which);
    for (const session of ended) tx.emit(SessionRevoked, session, { sessionId: session.id, userId: session.personId });
    return which.only === undefined ? ended.filter(({ impersonatorId }) => impersonatorId === null).length : ended.length;
  }

  private async answer(account: Account, sessionId: string, refreshToken: string): Promise<Session> {
    return { person: asPerson(account), ...(await this.accessTokens.issue(account, sessionId)), refreshToken };
  }
}
