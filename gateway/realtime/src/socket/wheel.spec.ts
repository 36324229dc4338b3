import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Wheel } from './wheel.ts';

describe('the wheel', () => {
  let now = 0;
  const rang: string[] = [];
  const wheels: { stop(): void }[] = [];
  const wheel = (due: (item: string) => void = (item) => rang.push(item)) => {
    const made = new Wheel<string>(100, due, () => now);
    wheels.push(made);
    return made;
  };
  const turnTo = (made: Wheel<string>, moment: number) => {
    now = moment;
    made.turn();
  };

  afterEach(() => {
    for (const made of wheels.splice(0)) made.stop();
    rang.length = 0;
    now = 0;
  });

  it('rings after the time that was asked for, never before, and at most a tick late', () => {
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(5_000), (start, wait) => {
        rang.length = 0;
        now = start;
        const made = wheel();
        made.set('a', wait);
        turnTo(made, start + wait);
        expect(rang).toEqual([]);
        turnTo(made, start + wait + 100);
        expect(rang).toEqual(['a']);
      }),
    );
  });

  it('rings at the next tick for a moment that has passed', () => {
    now = 10_000;
    const made = wheel();
    made.set('a', -700);
    turnTo(made, 10_100);
    expect(rang).toEqual(['a']);
  });

  it('keeps one moment per item: the last one set', () => {
    const made = wheel();
    made.set('a', 100);
    made.set('a', 500);
    turnTo(made, 400);
    expect(rang).toEqual([]);
    turnTo(made, 700);
    expect(rang).toEqual(['a']);
  });

  it('forgets what is taken out, also by a neighbour that rings first', () => {
    const made = wheel((item) => {
      rang.push(item);
      made.delete('b');
      made.set('c', 1_000);
    });
    for (const item of ['a', 'b', 'c']) made.set(item, 100);
    turnTo(made, 300);
    expect(rang).toEqual(['a']);
    turnTo(made, 1_500);
    expect(rang).toEqual(['a', 'c']);
  });

  it('catches up after the machine slept', () => {
    const made = wheel();
    made.set('a', 1_000);
    made.set('b', 60_000);
    turnTo(made, 3_600_000);
    expect(rang).toEqual(['a', 'b']);
  });
});
