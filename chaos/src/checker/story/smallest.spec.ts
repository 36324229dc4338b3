import fc from 'fast-check';
import { expect, it } from 'vitest';
import { smallest } from './smallest.ts';

const numbers = Array.from({ length: 500 }, (_, place) => place);

it('leaves what is needed together, in its order, wherever it lies', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(499), { minLength: 1, maxLength: 6 }), (needed) => {
      const found = smallest(numbers, (part) => needed.every((one) => part.includes(one)), () => true);
      expect(found).toEqual(needed.toSorted((a, b) => a - b));
    }),
  );
});

it('stops asking when it may not any more, with what it has by then', () => {
  let asked = 0;
  const holds = (part: readonly number[]) => part.includes(17) && part.includes(400);
  const found = smallest(numbers, (part) => holds(part) && asked++ >= 0, () => asked < 3);
  expect(holds(found)).toBe(true);
});
