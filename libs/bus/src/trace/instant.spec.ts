import { afterEach, expect, it, vi } from 'vitest';
import { instant } from './instant.ts';

afterEach(() => vi.restoreAllMocks());

it('is the machine’s clock, with fractions, and never goes back while that goes on', () => {
  const instants = Array.from({ length: 1_000 }, instant);
  expect(Math.abs(instants.at(-1)! - Date.now())).toBeLessThan(5);
  expect(instants.every((now, place) => place === 0 || now >= instants[place - 1]!)).toBe(true);
  expect(instants.some((now) => !Number.isInteger(now))).toBe(true);
});

it('follows the clock when that was set, or went on while the machine slept', () => {
  const later = Date.now() + 3_600_000;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  expect(instant()).toBeCloseTo(later, -1);
  vi.restoreAllMocks();
  expect(Math.abs(instant() - Date.now())).toBeLessThan(5);
});
