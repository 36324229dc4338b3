import { ApiKeyEnded, ApiKeyRotating, ApiKeyUnknown, InvalidToken, TooManyApiKeys, UnknownScope, type ApiKey, type Refusal } from '@mela/contracts';
import type { Account } from '../person/person.ts';

/** A key as its owner looks at it, at a moment of the database's own. */
export interface ApiKeyState {
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly version: number;
  /** Of what was shown last. */
  readonly prefix: string;
  readonly lastUsedAt: Date | null;
  /** Of what was shown before, while that works too. */
  readonly previousPrefix: string | null;
  readonly previousEndsAt: Date | null;
  readonly previousUsedAt: Date | null;
  readonly at: Date;
}

/** What was shown, as it is known. */
export interface KnownSecret {
  readonly id: string;
  readonly keyId: string;
  readonly personId: string;
  readonly scopes: string[];
  readonly hash: Buffer;
  /** When this secret, or the key itself, ends. */
  readonly endsAt: Date | null;
  readonly isRevoked: boolean;
  /** Its owner is shut out, or has left. */
  readonly isOwnerAway: boolean;
  readonly at: Date;
}

export type Verdict = 'good' | 'unknown' | 'revoked' | 'expired';

const TOKEN_SECONDS = 5 * 60;
/** For less there is no token. */
const LAST_MOMENT_MS = 1_000;

const stateOf = ({ revokedAt, expiresAt, at }: Pick<ApiKeyState, 'revokedAt' | 'expiresAt' | 'at'>): ApiKey['state'] => {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= at ? 'expired' : 'active';
};

export function asApiKey(key: ApiKeyState): ApiKey {
  const { id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt, previousPrefix, previousEndsAt, previousUsedAt } = key;
  const state = stateOf(key);
  return {
    id, name, prefix, scopes: [...scopes], state,
    createdAt: createdAt.toISOString(), expiresAt: expiresAt && expiresAt.toISOString(), lastUsedAt: lastUsedAt && lastUsedAt.toISOString(),
    previous: state !== 'active' || previousPrefix === null || previousEndsAt === null ? null
      : { prefix: previousPrefix, endsAt: previousEndsAt.toISOString(), lastUsedAt: previousUsedAt && previousUsedAt.toISOString() },
  };
}

/** In one order, each once. */
export function readScopes(asked: readonly string[], known: readonly string[]): readonly string[] | Refusal {
  const scopes = [...new Set(asked)].toSorted();
  const unknown = scopes.filter((scope) => !known.includes(scope));
  return unknown.length === 0 ? scopes : UnknownScope(`Nothing takes the scope "${unknown[0]}"`, { unknown, scopes: known });
}

/** Of keys that are alive there are so many at the most. Whoever was shut out, or has left, while they asked gets none. */
export function mayCreate(owner: Account, { alive, most }: { alive: number; most: number }): Refusal | undefined {
  if (owner.suspendedAt !== null || owner.deactivatedAt !== null) return InvalidToken('Its account is closed');
  return alive < most ? undefined : TooManyApiKeys();
}

/** Two secrets work at a time, and neither is taken away under whoever uses it unless that is said. */
export function mayRotate(key: ApiKeyState | undefined, overlapMinutes: number): Refusal | undefined {
  if (!key) return ApiKeyUnknown();
  if (stateOf(key) !== 'active') return ApiKeyEnded();
  return key.previousEndsAt === null || overlapMinutes === 0 ? undefined : ApiKeyRotating(undefined, { endsAt: key.previousEndsAt.toISOString() });
}

/** Whoever shows a wrong key learns no more than that, whatever became of the right one. */
export function judge(known: KnownSecret | undefined, { matches }: { matches: boolean }): Verdict {
  if (!known || !matches) return 'unknown';
  if (known.isRevoked || known.isOwnerAway) return 'revoked';
  return known.endsAt !== null && known.endsAt.getTime() - known.at.getTime() < LAST_MOMENT_MS ? 'expired' : 'good';
}

/** A token is good for a while, and no longer than what it was given for. */
export const secondsFor = ({ endsAt, at }: Pick<KnownSecret, 'endsAt' | 'at'>): number =>
  endsAt === null ? TOKEN_SECONDS : Math.min(TOKEN_SECONDS, Math.floor((endsAt.getTime() - at.getTime()) / 1000));
