import { createHash } from 'node:crypto';
import type { Random } from '@mela/testkit/chaos';

/** The same words draw the same numbers: sfc32, begun with a hash of them. */
export function randomOf(words: string): Random {
  const hash = createHash('sha256').update(words).digest();
  let [a, b, c, d] = [hash.readUInt32LE(0), hash.readUInt32LE(4), hash.readUInt32LE(8), hash.readUInt32LE(12)];
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t | 0;
    return (t >>> 0) / 2 ** 32;
  };
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (from) => from[int(0, from.length - 1)]!,
    fork: (name) => randomOf(`${words}/${name}`),
  };
}

/** One of them, each as often as its weight says. */
export function weighted<T extends { readonly weight: number }>(random: Random, from: readonly T[]): T {
  let left = random.next() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of from) if ((left -= one.weight) < 0) return one;
  return from.at(-1)!;
}

export function shuffled<T>(random: Random, all: readonly T[]): T[] {
  const order = [...all];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.int(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
