import { expect, it } from 'vitest';
import { BatchSize } from './batch-size.ts';

it('a batch grows while batches are quick, and is halved by one that is not', () => {
  const size = new BatchSize();
  const sizes = [5, 5, 5, 5, 5, 300, 5, 300, 300, 300, 300, 300].map((ms) => {
    size.took(ms);
    return size.now;
  });
  expect(sizes).toEqual([200, 400, 800, 1_000, 1_000, 500, 1_000, 500, 250, 125, 100, 100]);
});
