import { isRefusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { isCopied, mayAdd } from './passkey.ts';

describe('a passkey', () => {
  it.each([
    [0, 0, false], [0, 1, false], [4, 5, false], [4, 9, false],
    [4, 4, true], [4, 3, true], [4, 0, true],
  ])('that counted to %i and shows %i was copied: %s', (counter, shown, copied) => {
    expect(isCopied({ counter }, shown)).toBe(copied);
  });

  it('is one of twenty at the most', () => {
    expect([19, 20].map((length) => isRefusal(mayAdd(Array.from({ length }))))).toEqual([false, true]);
  });
});
