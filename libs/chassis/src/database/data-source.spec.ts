import { expect, it } from 'vitest';
import { poolShare } from './data-source.ts';

it.each([
  [60, 1, 59],
  [60, 2, 29],
  [60, 15, 3],
  [4, 15, 2],
])('a budget of %i connections gives each of %i services a pool of %i, beside its relay’s session', (budget, services, share) => {
  expect(poolShare(budget, services)).toBe(share);
});
