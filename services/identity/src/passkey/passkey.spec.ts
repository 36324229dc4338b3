import { isRefusal, LastWayIn } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { isCopied, mayAdd, mayRemove } from './passkey.ts';

describe('a passkey', () => {
  it.each([
    [0, 0, false], [0, 1, false], [4, 5, false], [4, 9, false],
    [4, 4, true], [4, 3, true], [4, 0, true],
  ])('that counted to %i and shows %i was copied: %s', (counter, shown, copied) => {
    expect(isCopied({ counter }, shown)).toBe(copied);
  });

  it('is not removed where nothing else lets its owner in', () => {
    expect(mayRemove({ passkeys: 1, hasPassword: false })).toEqual(LastWayIn());
    for (const ways of [{ passkeys: 1, hasPassword: true }, { passkeys: 2, hasPassword: false }]) expect(mayRemove(ways)).toBeUndefined();
  });

  it('is one of twenty at the most', () => {
    expect([19, 20].map((passkeys) => isRefusal(mayAdd({ passkeys })))).toEqual([false, true]);
  });
});
