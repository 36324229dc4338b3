/** How long the same took of two kinds, one after the other. */
export interface Pair {
  readonly one: number;
  readonly other: number;
}

const MOST_WON = 3 / 4;
const MOST_APART = 1 / 4;

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/**
 * Whether somebody with a clock could tell the two kinds apart: one wins nearly always, and by much. Both are asked for, since a machine that is
 * busy makes medians differ by chance, and one that is idle lets a tenth of a millisecond win every time.
 */
export function isToldApart(pairs: readonly Pair[]): boolean {
  const won = pairs.filter(({ one, other }) => one < other).length / pairs.length;
  const [ofOne, ofOther] = [median(pairs.map(({ one }) => one)), median(pairs.map(({ other }) => other))];
  const apart = Math.abs(ofOne - ofOther) / Math.min(ofOne, ofOther);
  return Math.max(won, 1 - won) > MOST_WON && apart > MOST_APART;
}

const timed = async (act: (n: number) => Promise<void>, n: number): Promise<number> => {
  const from = performance.now();
  await act(n);
  return performance.now() - from;
};

/** Each pair in the other order than the one before it: what is still being done for the first weighs on both alike. */
export async function inTurns(times: number, one: (n: number) => Promise<void>, other: (n: number) => Promise<void>): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let n = 0; n < times; n++) {
    if (n % 2 === 0) pairs.push({ one: await timed(one, n), other: await timed(other, n) });
    else {
      const ofOther = await timed(other, n);
      pairs.push({ one: await timed(one, n), other: ofOther });
    }
  }
  return pairs;
}
