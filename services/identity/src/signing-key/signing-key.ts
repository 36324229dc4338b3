import { KeyTooYoung, type Refusal, type SigningKey } from '@mela/contracts';

export const algorithms = ['Ed25519', 'ES256'] as const;
export type Algorithm = (typeof algorithms)[number];

/** What is known of a key besides the key itself. */
export interface KeyFacts {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: SigningKey['state'];
  readonly publishedAt: Date;
  readonly signsFrom: Date | null;
  readonly endedAt: Date | null;
  readonly goneAt: Date | null;
}

/** The one that signs, and the one that is known everywhere by the time it does. */
export interface Pair {
  readonly signing: Pick<KeyFacts, 'kid' | 'signsFrom'>;
  readonly next: Pick<KeyFacts, 'kid' | 'publishedAt'>;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Whoever caches keys has to have seen a key before it signs, or its first tokens are refused there. */
const isSeen = ({ next }: Pair, at: Date, overlapMinutes: number): boolean => at.getTime() - next.publishedAt.getTime() >= overlapMinutes * MINUTE_MS;

export const isDue = (pair: Pair, at: Date, { days, overlapMinutes }: { days: number; overlapMinutes: number }): boolean =>
  at.getTime() - pair.signing.signsFrom!.getTime() >= days * DAY_MS && isSeen(pair, at, overlapMinutes);

/** A key in other hands waits for no cache: tokens that some refuse for a moment do less harm than tokens that somebody else makes. */
export const mayRotate = (pair: Pair, at: Date, { compromised, overlapMinutes }: { compromised: boolean; overlapMinutes: number }): Refusal | undefined =>
  compromised || isSeen(pair, at, overlapMinutes) ? undefined : KeyTooYoung();

export const asSigningKey = ({ kid, algorithm, state, publishedAt, signsFrom, endedAt, goneAt }: KeyFacts): SigningKey => ({
  kid, algorithm, state,
  publishedAt: publishedAt.toISOString(),
  signsFrom: signsFrom?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
  goneAt: goneAt?.toISOString() ?? null,
});
