import { expect, it } from 'vitest';
import { FailedAttempts } from './failed-attempts.ts';

it('so many may fail from one address within a while, at once or one after the other; what did not fail does not count', () => {
  const clock = { now: 0 };
  const attempts = new FailedAttempts(2, 60_000, () => clock.now);
  const begin = (address = '192.0.2.7') => attempts.begin(address);
  expect([begin(), begin(), begin()]).toEqual([true, true, false]);
  attempts.takeBack('192.0.2.7');
  expect([begin(), begin()]).toEqual([true, false]);
  expect(begin('192.0.2.8')).toBe(true);
  clock.now = 60_000;
  expect(begin()).toBe(true);
  attempts.takeBack('192.0.2.9');
});

it('addresses of one network count as one', () => {
  const attempts = new FailedAttempts(2, 60_000, () => 0);
  expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map((address) => attempts.begin(address))).toEqual([true, true, false]);
});
