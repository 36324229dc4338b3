import { expect, it } from 'vitest';
import { countsOf, judgeAttempt } from './throttle.ts';

const [account, place] = ['asha@mela.example', 'kathmandu'];
const standing = (attempts: number, secondsLeft = 60) => ({ attempts, secondsLeft });

it('an attempt where its person is at home is counted apart from all others', () => {
  expect(countsOf({ account, place, isFamiliar: true }).map(({ name }) => name)).toEqual([`home ${account} ${place}`]);
  expect(countsOf({ account, place, isFamiliar: false }).map(({ name }) => name)).toEqual([`away ${account}`, `place ${place}`]);
});

it('one too many is told when to come back: after the longest of what is exceeded', () => {
  const counts = countsOf({ account, place, isFamiliar: false });
  expect(judgeAttempt(counts, [standing(20), standing(100)])).toBeUndefined();
  expect(judgeAttempt(counts, [standing(21, 30), standing(5, 900)])).toMatchObject({ code: 'identity.too_many_attempts', status: 429, facts: { retryAfter: 30 } });
  expect(judgeAttempt(counts, [standing(21, 30), standing(101, 900)])).toMatchObject({ facts: { retryAfter: 900 } });
  expect(judgeAttempt(counts, [standing(20), standing(101, 0)])).toMatchObject({ facts: { retryAfter: 1 } });
});
