import { describe, expect, it } from 'vitest';
import { asSigningKey, isDue, mayRotate, type Pair } from './signing-key.ts';

const day = (days: number, minutes = 0) => new Date(Date.UTC(2026, 0, 1) + days * 86_400_000 + minutes * 60_000);
const pair: Pair = { signing: { kid: 'now', signsFrom: day(0) }, next: { kid: 'next', publishedAt: day(0) } };

describe('the next key', () => {
  const rules = { days: 90, overlapMinutes: 15 };

  it('signs when the one of now has signed for its days', () => {
    expect([day(89), day(90, -1), day(90), day(400)].map((at) => isDue(pair, at, rules))).toEqual([false, false, true, true]);
  });

  it('waits until every cache has seen it, however late it is', () => {
    const young: Pair = { ...pair, next: { kid: 'next', publishedAt: day(100) } };
    expect([day(100, 14), day(100, 15)].map((at) => isDue(young, at, rules))).toEqual([false, true]);
  });

  it('may be let sign earlier once it was seen, and at once where the one of now is in other hands', () => {
    const after = (minutes: number, compromised: boolean) => mayRotate(pair, day(0, minutes), { compromised, overlapMinutes: 15 });
    expect(after(14, false)).toMatchObject({ status: 409, code: 'identity.key_too_young' });
    expect([after(15, false), after(0, true)]).toEqual([undefined, undefined]);
  });
});

it('a key is shown without anything that signs or verifies', () => {
  const facts = { kid: 'k', algorithm: 'ES256', state: 'retired', publishedAt: day(0), signsFrom: day(1), endedAt: day(2), goneAt: null } as const;
  expect(asSigningKey({ ...facts, sealedJwk: 'secret' } as never)).toEqual({
    ...facts, publishedAt: '2026-01-01T00:00:00.000Z', signsFrom: '2026-01-02T00:00:00.000Z', endedAt: '2026-01-03T00:00:00.000Z',
  });
});
