import { expect, it } from 'vitest';
import type { Delivery } from './delivery.ts';
import { ReadAhead } from './read-ahead.ts';

const turn = () => new Promise(setImmediate);

it('what arrives is read in its order, a little in each turn, so that others have theirs in between', async () => {
  const read: number[] = [];
  const ahead = new ReadAhead((delivery) => read.push(delivery.streamSeq));
  const arrive = (streamSeq: number) => ahead.arrived({ streamSeq } as Delivery);
  for (let n = 1; n <= 20; n++) arrive(n);
  expect(read).toEqual([]);
  const soFar: number[] = [];
  while (read.length < 20) {
    await turn();
    soFar.push(read.length);
  }
  arrive(21);
  await turn();
  expect(soFar).toEqual([8, 16, 20]);
  expect(read).toEqual(Array.from({ length: 21 }, (_, index) => index + 1));
});
