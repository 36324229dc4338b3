import { expect, it } from 'vitest';
import { isOfNow } from './owner-proof.ts';

const at = new Date('2030-01-01T09:00:00Z');
const given = (secondsAgo: number) => ({ iat: at.getTime() / 1000 - secondsAgo });

it('a word is of now for five minutes, by clocks that may differ a little', () => {
  expect([given(0), given(300), given(-30)].map((claims) => isOfNow(claims, at))).toEqual([true, true, true]);
  expect([given(301), given(-31), {}, { iat: '2030' }].map((claims) => isOfNow(claims, at))).toEqual([false, false, false, false]);
});
