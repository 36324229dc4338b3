import { expect, it } from 'vitest';
import { RevokedSessions } from './revoked-sessions.ts';

it('sessions that have ended are known for as long as a token of theirs may live, and not for ever', () => {
  const clock = { now: 0 };
  const revoked = new RevokedSessions(() => clock.now);
  revoked.note('first');
  clock.now = 24 * 3_600_000;
  revoked.note('second');
  expect(['first', 'second', 'third'].map((session) => revoked.has(session))).toEqual([true, true, false]);
  clock.now += 1;
  revoked.note('third');
  expect(['first', 'second', 'third'].map((session) => revoked.has(session))).toEqual([false, true, true]);
});
