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

it('one that is heard of again keeps no older one in mind', () => {
  const clock = { now: 0 };
  const revoked = new RevokedSessions(() => clock.now);
  for (const session of ['again', 'old']) revoked.note(session);
  clock.now = 1_000;
  revoked.note('again');
  clock.now = 24 * 3_600_000 + 1;
  revoked.note('new');
  expect(['again', 'old', 'new'].map((session) => revoked.has(session))).toEqual([true, false, true]);
});

it('whoever does not follow them says so', () => {
  expect(new RevokedSessions().fault).toBe('is not followed');
});
