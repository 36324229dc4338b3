import { describe, expect, it } from 'vitest';
import { Breaker } from './breaker.ts';

function breaker() {
  const told: string[] = [];
  const clock = { now: 0 };
  const one = new Breaker({ broke: (error) => void told.push(`broke: ${(error as Error).message}`), healed: () => void told.push('healed') }, () => clock.now);
  return { one, told, clock };
}

const works = () => Promise.resolve('yes');
const fails = () => Promise.reject(new Error('away'));

describe('a breaker', () => {
  it('passes answers through', async () => {
    const { one, told } = breaker();
    expect(await one.attempt(works)).toBe('yes');
    expect(told).toEqual([]);
  });

  it('tells a break once, however many fail at the same time', async () => {
    const { one, told } = breaker();
    expect(await Promise.all([one.attempt(fails), one.attempt(fails)])).toEqual([undefined, undefined]);
    expect(told).toEqual(['broke: away']);
  });

  it('lets nobody try for a moment, then one', async () => {
    const { one, told, clock } = breaker();
    await one.attempt(fails);
    expect(await one.attempt(works)).toBeUndefined();
    clock.now += 1_000;
    expect(await Promise.all([one.attempt(works), one.attempt(works)])).toEqual(['yes', undefined]);
    expect(await one.attempt(works)).toBe('yes');
    expect(told).toEqual(['broke: away', 'healed']);
  });

  it('stays broken while the attempts fail, and says no more about it', async () => {
    const { one, told, clock } = breaker();
    for (let n = 0; n < 5; n++, clock.now += 1_000) await one.attempt(fails);
    expect(told).toEqual(['broke: away']);
  });

  it('is not healed by what began before it broke', async () => {
    const { one, told } = breaker();
    let answer = (_: string) => undefined as void;
    const early = one.attempt(() => new Promise<string>((resolve) => (answer = resolve)));
    await one.attempt(fails);
    answer('late');
    expect(await early).toBe('late');
    expect(told).toEqual(['broke: away']);
    expect(await one.attempt(works)).toBeUndefined();
  });
});
