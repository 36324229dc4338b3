import { AUDIENCE, ISSUER, SETTINGS, TOKEN_TYPE } from '@mela/chassis';
import type { Session } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { asPerson, type Account } from '../person/person.ts';
import type { IdentitySettings } from '../settings.ts';
import { SigningKeys } from '../signing-key/signing-keys.ts';

interface Wishes {
  /** How long it is good for, where that is otherwise than for a sign-in. */
  readonly seconds?: number;
  /** Who looks through the person's eyes. */
  readonly actor?: string;
  /** Which key signs, where that is known already. */
  readonly kid?: string | undefined;
  /** The API key that it is given for, and what that may do. */
  readonly key?: { readonly id: string; readonly scopes: readonly string[] };
}

export interface AccessToken {
  readonly accessToken: string;
  readonly expiresAt: string;
}

/** Short-lived proof of who asks. It holds ids and a role alone, so it may be seen by every service. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(SETTINGS) private readonly settings: Pick<IdentitySettings, 'IDENTITY_ACCESS_TOKEN_MINUTES'>,
  ) {}

  /** What whoever opens or refreshes a session is given. */
  async sessionOf(account: Account, sessionId: string, refreshToken: string, kid?: string): Promise<Session> {
    return { person: asPerson(account), ...(await this.issue(account, sessionId, { kid })), refreshToken };
  }

  /** Without asking for the key. */
  signsAtOnceWith(kid: string): boolean {
    return this.keys.has(kid);
  }

  /** A member's token says nothing of roles: most are. */
  async issue({ id, role }: Pick<Account, 'id' | 'role'>, sessionId: string, { seconds = this.settings.IDENTITY_ACCESS_TOKEN_MINUTES * 60, actor, key, kid: named }: Wishes = {}): Promise<AccessToken> {
    const { kid, alg, privateKey } = await this.keys.signing(named);
    const issuedAt = Math.floor(Date.now() / 1000);
    const expiresAt = issuedAt + seconds;
    const ofKey = key && { client_id: key.id, scope: key.scopes.join(' ') };
    const accessToken = await new SignJWT({ sid: sessionId, ...(role === 'member' ? {} : { role }), ...(actor === undefined ? {} : { act: { sub: actor } }), ...ofKey })
      .setProtectedHeader({ alg, kid, typ: TOKEN_TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .setJti(uuidv7())
      .sign(privateKey);
    return { accessToken, expiresAt: new Date(expiresAt * 1000).toISOString() };
  }
}
