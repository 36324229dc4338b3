import { expect, it } from 'vitest';
import { retryJitterOf } from './outgoing.ts';

it.each([
  [1, 500],
  [500, 500],
  [501, 501],
  [3_200, 3_200],
  [5_000, 5_000],
  [40_000, 5_000],
])('of %i connections that break off at once each comes back within %i ms', (connections, ms) => {
  expect(retryJitterOf(connections)).toBe(ms);
});
