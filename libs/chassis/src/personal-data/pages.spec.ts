import { describe, expect, it } from 'vitest';
import { pagesOf, type PersonalPage } from './pages.ts';

async function* records(...sizes: readonly number[]) {
  for (const size of sizes) yield { kind: 'posts', item: { body: 'x'.repeat(size) } };
}
async function pages(sizes: readonly number[], most?: { bytes?: number; records?: number }): Promise<(readonly [number, boolean, number])[]> {
  const all: PersonalPage[] = [];
  for await (const page of pagesOf(records(...sizes), most)) all.push(page);
  return all.map(({ page, isLast, records: held }) => [page, isLast, held.length] as const);
}

describe('what is kept of a person', () => {
  it('goes in as few pages as fit the bus', async () => {
    expect(await pages([10, 10, 10])).toEqual([[0, true, 3]]);
    expect(await pages([300_000, 300_000, 50_000])).toEqual([[0, false, 1], [1, true, 2]]);
    expect(await pages([1, 1, 1], { records: 2 })).toEqual([[0, false, 2], [1, true, 1]]);
  });

  it('is answered also where it is nothing, and where one thing is larger than a page', async () => {
    expect(await pages([])).toEqual([[0, true, 0]]);
    expect(await pages([100, 1], { bytes: 50 })).toEqual([[0, false, 1], [1, true, 1]]);
  });
});
