import type { Caller } from '@mela/bus';
import { Db, decodeKeyset, lasting, pageOfRows, SETTINGS, type Tidies } from '@mela/chassis';
import { isRefusal, NotWhileImpersonating, RefreshRefused, SessionUnknown, Suspended, type identity, type In, type Out, type Refusal, type Session } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { PersonStore } from '../person/person.store.ts';
import type { IdentitySettings } from '../settings.ts';
import { AccessTokens } from './access-tokens.ts';
import { endSessions } from './end-sessions.ts';
import { hashOf, RefreshTokens } from './refresh-token.ts';
import { asSignedIn, isLatest, judge } from './session.ts';
import { SessionStore } from './session.store.ts';

@Injectable()
export class SessionService implements Tidies {
  constructor(
    private readonly db: Db,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly audit: AuditService,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_REFRESH_GRACE_SECONDS'>,
  ) {}

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
        await endSessions(tx, session.personId, { only: session.id });
        await this.audit.note(tx, { what: 'refresh_token_reused', by: null, about: session.personId, details: { sessionId: session.id } });
        return lasting(RefreshRefused());
      }
      if (verdict === 'rotate') await sessions.rotate(session.id, hashes.successorHash);
      return account ? this.accessTokens.sessionOf(account, session.id, successor) : RefreshRefused();
    });
  }

  async list({ personId, sessionId }: Caller, { after, limit }: In<typeof identity.sessions>): Promise<Out<typeof identity.sessions> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(SessionStore).alive(personId, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ exactAt, id }) => [exactAt, id], item: (session) => asSignedIn(session, sessionId) });
  }

  /** Whose session it is not learns no more than that they have none of that name. */
  endOne(caller: Caller, sessionId: string): Promise<Out<typeof identity.endSession> | Refusal> {
    return this.db.transaction(async (tx) => {
      const ended = await endSessions(tx, caller.personId, { only: sessionId });
      if (ended === 0) return SessionUnknown();
      await this.audit.note(tx, { what: 'session_ended', by: caller, about: caller.personId, details: { sessionId } });
      return { ended };
    });
  }

  async signOut(caller: Caller, { everywhere }: In<typeof identity.signOut>): Promise<Out<typeof identity.signOut> | Refusal> {
    const { personId, sessionId, actor } = caller;
    if (everywhere && actor !== undefined) return NotWhileImpersonating();
    return this.db.transaction(async (tx) => {
      const ended = await endSessions(tx, personId, everywhere ? {} : { only: sessionId });
      if (ended > 0) await this.audit.note(tx, { what: 'signed_out', by: caller, about: personId, details: { sessionId, everywhere, ended } });
      return { ended };
    });
  }

  /** Any replica may do it, and two at once do no harm. */
  async tidy(): Promise<void> {
    await this.db.get(SessionStore).forgetExpired();
  }
}
