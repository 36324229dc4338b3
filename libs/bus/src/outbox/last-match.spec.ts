import { describe, expect, it } from 'vitest';
import { lastMatches, PAGE_ROWS, type History, type Place } from './last-match.ts';

/** Shards as they were sent, one place after the other, and a stream that ends at `cut`. */
function sent(count: number, shards: number, cut: number, first = 10) {
  const places = Array.from({ length: count }, (_, i): Place => ({ shard: i % shards, seq: first + i * 3, eventId: `e${i}` }));
  const work = { pages: 0, looks: 0 };
  const history: History = {
    places: async (asked, from, to) => {
      work.pages += 1;
      return places.filter(({ shard, seq }) => asked.includes(shard) && seq > from && seq <= to).reverse().slice(0, PAGE_ROWS);
    },
    anyUpTo: async (top) => places.some(({ seq }) => seq <= top),
  };
  const matches = async ({ seq }: Place) => {
    work.looks += 1;
    return seq <= cut;
  };
  const expected = (shard: number) => places.findLast((place) => place.shard === shard && place.seq <= cut);
  return { top: places.at(-1)!.seq, history, matches, expected, work };
}

describe('the last match', () => {
  it.each([
    ['at the end', 9_999],
    ['near the end', 9_950],
    ['far back', 1_500],
    ['at the first', 16],
    ['nowhere', 3],
  ])('is found for each shard %s', async (_, cut) => {
    const { top, history, matches, expected } = sent(3_000, 4, cut);
    const found = await lastMatches([0, 1, 2, 3], top, history, matches);
    for (const shard of [0, 1, 2, 3]) expect(found.get(shard)).toEqual(expected(shard));
  });

  it('is sought by few looks, in pages that end', async () => {
    const { top, history, matches, expected, work } = sent(PAGE_ROWS * 4, 2, 10_000);
    const found = await lastMatches([1], top, history, matches);
    expect(found.get(1)).toEqual(expected(1));
    expect(work.looks).toBeLessThan(40);
    expect(work.pages).toBeLessThan(14);
  });

  it('is not sought below what is remembered', async () => {
    const { top, history, matches, work } = sent(1_000, 2, 0, 4_000_000_000);
    expect(await lastMatches([0, 1], top, history, matches)).toEqual(new Map());
    expect(work.pages).toBeLessThan(5);
  });

  it('is sought across a stretch in which only others sent', async () => {
    const { top, history, matches, expected } = sent(1_000, 1, 20_000_000);
    const found = await lastMatches([0], top + 50_000_000, history, matches);
    expect(found.get(0)).toEqual(expected(0));
  });
});
