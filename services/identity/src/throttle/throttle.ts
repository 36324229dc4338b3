import { TooManyAttempts, type Refusal } from '@mela/contracts';

export const WINDOW_MINUTES = 15;

/** Who is guessed at, from where, and whether the person has signed in from there before. */
export interface Attempt {
  readonly account: string;
  readonly place: string;
  readonly isFamiliar: boolean;
}

export interface Counted {
  readonly name: string;
  readonly limit: number;
}

/** Enough for whoever has forgotten which password it was; a guesser gets no further in a year than the worst thousand. */
const OF_AN_ACCOUNT = 20;
/** An office, or a whole neighbourhood behind one address. */
const OF_A_PLACE = 100;

/**
 * What an attempt counts towards. Where the person is at home it is counted by itself: however many guess from elsewhere, and
 * however long, they keep nobody out but each other.
 */
export function countsOf({ account, place, isFamiliar }: Attempt): Counted[] {
  if (isFamiliar) return [{ name: `home ${account} ${place}`, limit: OF_AN_ACCOUNT }];
  return [{ name: `away ${account}`, limit: OF_AN_ACCOUNT }, { name: `place ${place}`, limit: OF_A_PLACE }];
}

export interface Standing {
  readonly attempts: number;
  readonly secondsLeft: number;
}

/** Attempts that are refused do not count: whoever waits as long as they are told gets in. */
export function judgeAttempt(counts: readonly Counted[], standings: readonly Standing[]): Refusal | undefined {
  const exceeded = standings.filter(({ attempts }, at) => attempts > counts[at]!.limit);
  if (exceeded.length === 0) return undefined;
  return TooManyAttempts(undefined, { retryAfter: Math.max(1, ...exceeded.map(({ secondsLeft }) => secondsLeft)) });
}
