import { HashingBusy } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { HashingQueue } from './hashing-queue.ts';

describe('the hashing queue', () => {
  it('runs as many at once as it has lanes, and the others in their order', async () => {
    const queue = new HashingQueue(2, 10);
    const begun: number[] = [];
    let [running, most] = [0, 0];
    const work = (n: number) => async () => {
      begun.push(n);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return n;
    };
    const numbers = [1, 2, 3, 4, 5, 6];
    expect(await Promise.all(numbers.map((n) => queue.run(work(n))))).toEqual(numbers);
    expect(begun).toEqual(numbers);
    expect(most).toBe(2);
  });

  it('refuses whoever finds no place, and has places again afterwards', async () => {
    const queue = new HashingQueue(1, 1);
    const gate = Promise.withResolvers<string>();
    const first = queue.run(() => gate.promise);
    const second = queue.run(async () => 'second');
    expect(await queue.run(async () => 'third')).toEqual(HashingBusy());
    gate.resolve('first');
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    expect(await queue.run(async () => 'fourth')).toBe('fourth');
  });

  it('gives the lane on when the work fails', async () => {
    const queue = new HashingQueue(1, 1);
    const failing = queue.run(() => Promise.reject(new Error('no')));
    const next = queue.run(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });
});
