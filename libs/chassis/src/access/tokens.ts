import { createHash } from 'node:crypto';
import { AccessUnknown, identity, InvalidToken, isRefusal, platformRoles, type Refusal } from '@mela/contracts';
import { continueTrace, currentContext, within, type Asker, type Caller } from '@mela/bus';
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import { LRUCache } from 'lru-cache';
import type { RevokedSessions } from './revoked-sessions.ts';

export const ISSUER = 'mela';
export const AUDIENCE = 'mela';
export const TOKEN_TYPE = 'at+jwt';
const ALGORITHMS = ['Ed25519', 'EdDSA', 'ES256'];
const FETCH_COOL_DOWN_MS = 10_000;

/** Where the public keys come from; undefined while they cannot be had. */
export type KeySource = () => Promise<JSONWebKeySet | undefined>;

// Asked in nobody's name: a token sent along would have to be verified before the keys that verify it are known.
export const keysOverBus = (asker: Asker): KeySource => async () => {
  const answer = await within({ traceparent: currentContext()?.traceparent ?? continueTrace(undefined) }, () => asker.ask(identity.jwks, {}));
  return isRefusal(answer) ? undefined : (answer as unknown as JSONWebKeySet);
};

interface Verified {
  readonly caller: Caller;
  readonly expiresAt: number;
}

/** Verifies access tokens against identity's keys. A verified one is remembered by its hash until it expires. */
export class TokenVerifier {
  private readonly verified = new LRUCache<string, Verified>({ max: 10_000 });
  private keys: ReturnType<typeof createLocalJWKSet> | undefined;
  private fetching: Promise<void> | undefined;
  private fetchedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly source: KeySource,
    private readonly now: () => number = Date.now,
    /** Where it is known: at the gateways, through which everybody comes. */
    private readonly revoked: Pick<RevokedSessions, 'has'> = { has: () => false },
  ) {}

  async verify(token: string): Promise<Verified | Refusal> {
    const outcome = await this.genuine(token);
    return !isRefusal(outcome) && this.revoked.has(outcome.caller.sessionId) ? InvalidToken('Its session has ended') : outcome;
  }

  private async genuine(token: string): Promise<Verified | Refusal> {
    const hash = createHash('sha256').update(token).digest('base64url');
    const known = this.verified.get(hash);
    if (known && known.expiresAt > this.now()) return known;
    const outcome = await this.check(token);
    if (!isRefusal(outcome)) this.verified.set(hash, outcome);
    return outcome;
  }

  private async check(token: string): Promise<Verified | Refusal> {
    if (!this.keys) await this.fetchKeys();
    for (let attempt = 0; ; attempt++) {
      if (!this.keys) return AccessUnknown('The keys that sign access tokens cannot be had');
      try {
        const { payload } = await jwtVerify(token, this.keys, {
          issuer: ISSUER, audience: AUDIENCE, typ: TOKEN_TYPE, algorithms: ALGORITHMS, currentDate: new Date(this.now()),
          requiredClaims: ['sub', 'sid', 'exp'],
        });
        // A role that nobody here knows is no role.
        const role = platformRoles.find((known) => known === payload['role']) ?? 'member';
        const actor = (payload['act'] as { sub?: unknown } | undefined)?.sub;
        return { caller: { personId: payload.sub!, sessionId: String(payload['sid']), role, ...(actor === undefined ? {} : { actor: String(actor) }) }, expiresAt: payload.exp! * 1000 };
      } catch (error) {
        // A key we have not seen may be a new one: look once, and not again for a while however often it is tried.
        const unknownKey = error instanceof errors.JWKSNoMatchingKey && attempt === 0;
        if (unknownKey && (await this.fetchKeys())) continue;
        if (error instanceof errors.JWTExpired) return InvalidToken('It has expired');
        return InvalidToken();
      }
    }
  }

  /** True when the keys were fetched anew. Callers at the same time share one fetch. */
  private async fetchKeys(): Promise<boolean> {
    if (this.fetching) {
      await this.fetching;
      return true;
    }
    if (this.keys && this.now() - this.fetchedAt < FETCH_COOL_DOWN_MS) return false;
    this.fetching = this.source().then((set) => {
      if (!set) return;
      this.keys = createLocalJWKSet(set);
      this.fetchedAt = this.now();
    });
    try {
      await this.fetching;
    } finally {
      this.fetching = undefined;
    }
    return true;
  }
}
