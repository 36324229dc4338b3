import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

const arriving = (perSecond: number) => {
  const clock = { now: 0 };
  return { arrivals: new Arrivals(perSecond, () => clock.now), clock };
};

describe('arrivals from one address', () => {
  it('are let in so many a second, and twice as many at once', () => {
    const { arrivals, clock } = arriving(10);
    const times = (count: number) => Array.from({ length: count }, () => arrivals.take('192.0.2.7'));
    expect(times(21)).toEqual([...Array<number>(20).fill(0), 100]);
    clock.now = 500;
    expect(times(6)).toEqual([0, 0, 0, 0, 0, 100]);
  });

  it('do not count for another address, and those of one network count as one', () => {
    const { arrivals } = arriving(1);
    expect(['192.0.2.7', '192.0.2.7', '192.0.2.8', '192.0.2.7'].map((address) => arrivals.take(address) > 0)).toEqual([false, false, false, true]);
    expect(['2001:db8::1', '2001:db8::2', '2001:db8::3'].map((address) => arrivals.take(address) > 0)).toEqual([false, false, true]);
  });

  it('are forgotten when it makes no difference any more, and not before', () => {
    const { arrivals, clock } = arriving(1);
    for (let n = 0; n < 1_000; n++) arrivals.take(`10.0.${n % 250}.${n >> 8}`);
    clock.now = 1_900;
    for (let n = 0; n < 4; n++) arrivals.take('192.0.2.7');
    clock.now = 2_100;
    expect(arrivals.take('192.0.2.7')).toBeGreaterThan(0);
    clock.now = 4_200;
    arrivals.take('192.0.2.8');
    expect(arrivals.size).toBe(2);
  });
});
