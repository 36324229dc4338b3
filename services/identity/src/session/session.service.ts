import { Db, lasting, SETTINGS, type Tx } from '@mela/chassis';
import { isRefusal, RefreshRefused, WrongCredentials, type identity, type In, type Refusal, type Session } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { isOutdated, parseHash } from '../person/password.ts';
import { PasswordHasher } from '../person/password-hasher.ts';
import { asPerson, foldedEmail, type Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import type { IdentitySettings } from '../settings.ts';
import { AccessTokens } from './access-tokens.ts';
import { hashOf, RefreshTokens } from './refresh-token.ts';
import { judge } from './session.ts';
import { SessionStore } from './session.store.ts';

@Injectable()
export class SessionService {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_SESSION_DAYS' | 'IDENTITY_REFRESH_GRACE_SECONDS'>,
  ) {}

  /** An address that nobody has and a wrong password take the same steps and get the same answer. */
  async signIn({ email, password }: In<typeof identity.signIn>): Promise<Session | Refusal> {
    const account = await this.db.get(PersonStore).credentialsOf(foldedEmail(email));
    const matches = await this.hasher.matches(password, account?.passwordHash);
    if (isRefusal(matches)) return matches;
    if (!account || !matches) return WrongCredentials();
    const better = isOutdated(parseHash(account.passwordHash)) ? await this.hasher.hash(password) : undefined;
    return this.db.transaction(async (tx) => {
      if (typeof better === 'string') await tx.get(PersonStore).rehash(account.id, account.passwordHash, better);
      await tx.get(SessionStore).forgetExpired(account.id);
      return this.open(tx, account);
    });
  }

  async open(tx: Tx, account: Account): Promise<Session> {
    const id = uuidv7();
    const refreshToken = this.refreshTokens.first(id);
    await tx.get(SessionStore).insert({ id, personId: account.id, tokenHash: hashOf(refreshToken) }, this.settings.IDENTITY_SESSION_DAYS);
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
      const verdict = judge(session, hashes, session.at, this.settings.IDENTITY_REFRESH_GRACE_SECONDS);
      if (verdict === 'refuse') return RefreshRefused();
      if (verdict === 'revoke') {
        await sessions.revoke(session.id);
        return lasting(RefreshRefused());
      }
      if (verdict === 'rotate') await sessions.rotate(session.id, hashes.successorHash);
      const account = await tx.get(PersonStore).find(session.personId);
      return account ? this.answer(account, session.id, successor) : RefreshRefused();
    });
  }

  private async answer(account: Account, sessionId: string, refreshToken: string): Promise<Session> {
    return { person: asPerson(account), ...(await this.accessTokens.issue(account.id, sessionId)), refreshToken };
  }
}
