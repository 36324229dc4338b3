import { describe, expect, it } from 'vitest';
import { Horizon } from './horizon.ts';

const until = (horizon: Horizon) => 10_000 - horizon.ageMs(10_000);

describe('the horizon', () => {
  it('is the time of the newest mark that was reached', () => {
    const horizon = new Horizon();
    horizon.mark(10, 1_000);
    horizon.mark(20, 2_000);
    horizon.mark(30, 3_000);
    horizon.reached(9);
    expect(horizon.ageMs()).toBe(Number.POSITIVE_INFINITY);
    horizon.reached(29);
    expect(until(horizon)).toBe(2_000);
    horizon.reached(30);
    expect(until(horizon)).toBe(3_000);
  });

  it('moves with the time while nothing more is stored, and never back', () => {
    const horizon = new Horizon();
    for (const at of [1_000, 2_000, 1_500]) {
      horizon.mark(10, at);
      horizon.reached(10);
    }
    expect(until(horizon)).toBe(2_000);
  });

  it('takes no notice of an event that came again', () => {
    const horizon = new Horizon();
    horizon.mark(20, 2_000);
    horizon.mark(5, 500);
    horizon.reached(19);
    expect(horizon.ageMs()).toBe(Number.POSITIVE_INFINITY);
    horizon.reached(20);
    expect(until(horizon)).toBe(2_000);
  });

  it('follows a stream that began anew', () => {
    const horizon = new Horizon();
    horizon.mark(1_000, 1_000);
    horizon.mark(3, 2_000);
    horizon.reached(3);
    expect(until(horizon)).toBe(2_000);
  });

  it('remembers only so much while it is stuck, and catches up afterwards', () => {
    const horizon = new Horizon();
    for (let seq = 1; seq <= 5_000; seq++) horizon.mark(seq, seq);
    horizon.reached(5_000);
    expect(until(horizon)).toBe(1_000);
    horizon.mark(5_000, 6_000);
    horizon.reached(5_000);
    expect(until(horizon)).toBe(6_000);
  });
});
