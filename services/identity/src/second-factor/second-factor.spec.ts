import { ChallengeRefused, isRefusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asSecondFactor, isFresh, mayGoOn, mayTry, oneMoreWrong, proofOf } from './second-factor.ts';

const at = new Date('2030-01-01T09:00:00Z');
const minutesAgo = (minutes: number) => new Date(at.getTime() - minutes * 60_000);

describe('a code', () => {
  it('of a step that was taken, or of one before, is not fresh', () => {
    expect([9, 10, 11].map((step) => isFresh(step, { lastStep: 10 }))).toEqual([false, false, true]);
  });

  it('is shown alone or a recovery code is, and never both or neither', () => {
    expect(proofOf({ code: '492039' })).toEqual({ code: '492039' });
    expect(proofOf({ recoveryCode: 'x' })).toEqual({ recoveryCode: 'x' });
    for (const other of [{}, { code: '492039', recoveryCode: 'x' }]) expect(isRefusal(proofOf(other))).toBe(true);
  });
});

describe('whoever guesses', () => {
  it('may be wrong ten times in a quarter of an hour, and is told when it is possible again', () => {
    const nine = Array.from({ length: 9 }, (_, n) => minutesAgo(14 - n));
    expect(mayTry({ wrongCodes: nine }, at)).toBeUndefined();
    const ten = oneMoreWrong({ wrongCodes: nine }, at);
    expect(mayTry({ wrongCodes: ten }, at)).toMatchObject({ code: 'identity.too_many_codes', facts: { possibleAt: '2030-01-01T09:01:00.000Z', retryAfter: 60 } });
    expect(mayTry({ wrongCodes: ten }, new Date('2030-01-01T09:00:59.999Z'))).toMatchObject({ facts: { retryAfter: 1 } });
    expect(mayTry({ wrongCodes: ten }, new Date('2030-01-01T09:01:00Z'))).toBeUndefined();
  });

  it('is forgotten a quarter of an hour later', () => {
    expect(oneMoreWrong({ wrongCodes: [minutesAgo(15), minutesAgo(20), minutesAgo(1)] }, at)).toEqual([minutesAgo(1), at]);
  });

  it('may be wrong five times in one sign-in, and is through once', () => {
    expect(mayGoOn({ wrongCodes: 4, isSpent: false })).toBeUndefined();
    for (const over of [{ wrongCodes: 5, isSpent: false }, { wrongCodes: 0, isSpent: true }]) expect(mayGoOn(over)).toEqual(ChallengeRefused());
  });
});

it('what was not confirmed is not on', () => {
  for (const standing of [undefined, { confirmedAt: null, recoveryCodesLeft: 0 }]) expect(asSecondFactor(standing)).toEqual({ totp: null, recoveryCodesLeft: 0 });
  expect(asSecondFactor({ confirmedAt: at, recoveryCodesLeft: 7 })).toEqual({ totp: { since: at.toISOString() }, recoveryCodesLeft: 7 });
});
