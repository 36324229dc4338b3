import { describe, expect, it } from 'vitest';
import { FrameBudget } from './frame-budget.ts';

function budgetOf(perSecond: number) {
  const clock = { ms: 0 };
  const budget = new FrameBudget(perSecond, () => clock.ms);
  const send = (frames: number) => Array.from({ length: frames }, () => budget.take()).filter((wait) => wait === 0).length;
  return { budget, clock, send };
}

describe('what one connection may send', () => {
  it('is two seconds’ worth at once, then its rate', () => {
    const { clock, send } = budgetOf(100);
    expect(send(500)).toBe(200);
    clock.ms = 500;
    expect(send(500)).toBe(50);
    clock.ms = 60_000;
    expect(send(500)).toBe(200);
  });

  it('says when to come back, and a frame sent then is taken', () => {
    const { budget, clock, send } = budgetOf(4);
    expect(send(8)).toBe(8);
    expect(budget.take()).toBe(250);
    clock.ms = 100;
    expect(budget.take()).toBe(150);
    clock.ms = 250;
    expect(budget.take()).toBe(0);
  });

  it('is no flood at half more than the rate, however long', () => {
    const { budget, clock, send } = budgetOf(100);
    for (let second = 1; second <= 600; second++) {
      clock.ms = second * 1_000;
      send(150);
    }
    expect(budget.isFlooded).toBe(false);
  });

  it('is a flood once a thousand refused frames were not made good for', () => {
    const { budget, clock, send } = budgetOf(100);
    send(1_200);
    expect(budget.isFlooded).toBe(false);
    clock.ms = 10;
    send(3);
    expect(budget.isFlooded).toBe(true);
  });
});
