/**
 * Delta debugging (Zeller's ddmin): the smallest part for which it still holds, in the sense that nothing more can be left out
 * alone. When `mayAsk` says no, what has been reached by then is the answer.
 */
export function smallest<T>(all: readonly T[], holds: (part: readonly T[]) => boolean, mayAsk: () => boolean): readonly T[] {
  let kept = all;
  let parts = 2;
  const still = (part: readonly T[]) => part.length > 0 && mayAsk() && holds(part);
  while (kept.length > 1 && mayAsk()) {
    const slices = cut(kept, parts);
    const alone = slices.find(still);
    const without = alone || parts === 2 ? undefined : slices.map((_, place) => slices.toSpliced(place, 1).flat()).find(still);
    if (alone) [kept, parts] = [alone, 2];
    else if (without) [kept, parts] = [without, Math.max(parts - 1, 2)];
    else if (parts < kept.length) parts = Math.min(parts * 2, kept.length);
    else return kept;
  }
  return kept;
}

function cut<T>(all: readonly T[], parts: number): T[][] {
  return Array.from({ length: parts }, (_, place) => all.slice(Math.floor((place * all.length) / parts), Math.floor(((place + 1) * all.length) / parts)));
}
