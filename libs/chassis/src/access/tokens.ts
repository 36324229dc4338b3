import { createHash } from 'node:crypto';
import { AccessUnknown, identity, InvalidToken, isRefusal, platformRoles, type Refusal } from '@mela/contracts';
import { continueTrace, currentContext, within, type Asker, type Caller } from '@mela/bus';
import { errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { PublicKeys, type KeySource } from './public-keys.ts';
import type { RevokedSessions } from './revoked-sessions.ts';

export const ISSUER = 'mela';
export const AUDIENCE = 'mela';
export const TOKEN_TYPE = 'at+jwt';
const ALGORITHMS = ['Ed25519', 'EdDSA', 'ES256'];

// Asked in nobody's name: a token sent along would have to be verified before the keys that verify it are known.
export const keysOverBus = (asker: Asker): KeySource => async () => {
  const answer = await within({ traceparent: currentContext()?.traceparent ?? continueTrace(undefined) }, () => asker.ask(identity.jwks, {}));
  return isRefusal(answer) ? undefined : (answer as unknown as JSONWebKeySet);
};

export interface Verified {
  readonly caller: Caller;
  readonly expiresAt: number;
  /** The key that it is signed with. */
  readonly kid: string;
}

/** Which API key it was given for, and what that may do, in the words of RFC 9068. */
const keyIn = ({ scope, client_id: id }: JWTPayload): Pick<Caller, 'key'> =>
  scope === undefined && id === undefined ? {} : { key: { id: String(id), scopes: typeof scope === 'string' ? scope.split(' ') : [] } };

/** Verifies access tokens against identity's keys. A verified one is remembered by its hash until it expires, or its key is gone. */
export class TokenVerifier {
  readonly keys: PublicKeys;
  private readonly verified = new LRUCache<string, Verified>({ max: 10_000 });

  constructor(
    source: KeySource,
    private readonly now: () => number = Date.now,
    /** Where it is known: at the gateways for certain, in services as long as they hear of it. */
    private readonly revoked: Pick<RevokedSessions, 'has'> = { has: () => false },
  ) {
    this.keys = new PublicKeys(source, now);
  }

  async verify(token: string): Promise<Verified | Refusal> {
    const outcome = await this.genuine(token);
    if (isRefusal(outcome)) return outcome;
    if (this.revoked.has(outcome.caller.sessionId)) return InvalidToken('Its session has ended');
    // Withdrawn while it was verified.
    return this.keys.trusts(outcome.kid) ? outcome : InvalidToken();
  }

  /** Whether a token that was taken would be taken still, but for its age. */
  isGood({ kid, sessionId }: { readonly kid: string; readonly sessionId: string }): boolean {
    return this.keys.trusts(kid) && !this.revoked.has(sessionId);
  }

  private async genuine(token: string): Promise<Verified | Refusal> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const known = this.verified.get(hash);
    if (known && known.expiresAt > this.now() && this.keys.trusts(known.kid)) return known;
    const outcome = await this.check(token);
    if (!isRefusal(outcome)) this.verified.set(hash, outcome);
    return outcome;
  }

  private async check(token: string): Promise<Verified | Refusal> {
    for (let attempt = 0; ; attempt++) {
      const find = await this.keys.finder();
      if (!find) return AccessUnknown('The keys that sign access tokens cannot be had');
      try {
        const { payload, protectedHeader: { kid } } = await jwtVerify(token, find, {
          issuer: ISSUER, audience: AUDIENCE, typ: TOKEN_TYPE, algorithms: ALGORITHMS, currentDate: new Date(this.now()),
          requiredClaims: ['sub', 'sid', 'exp'],
        });
        if (kid === undefined) return InvalidToken('It names no key');
        // A role that nobody here knows is no role.
        const role = platformRoles.find((known) => known === payload['role']) ?? 'member';
        const actor = (payload['act'] as { sub?: unknown } | undefined)?.sub;
        return { caller: { personId: payload.sub!, sessionId: String(payload['sid']), role, ...(actor === undefined ? {} : { actor: String(actor) }), ...keyIn(payload) }, expiresAt: payload.exp! * 1000, kid };
      } catch (error) {
        // A key we have not seen may be a new one: look once, and not again for a while however often it is tried.
        const unknownKey = error instanceof errors.JWKSNoMatchingKey && attempt === 0;
        if (unknownKey && (await this.keys.lookAgain())) continue;
        if (error instanceof errors.JWTExpired) return InvalidToken('It has expired');
        return InvalidToken();
      }
    }
  }
}
