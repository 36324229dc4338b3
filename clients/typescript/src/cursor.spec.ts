import { expect, it } from 'vitest';
import { earliest, isToldAt } from './cursor.ts';

it('what lies at a place or before it was told at that place, within one epoch', () => {
  expect(isToldAt('e:9:x', 'e:10:y')).toBe(true);
  expect(isToldAt('e:10:x', 'e:10:x')).toBe(true);
  expect(isToldAt('e:11:x', 'e:10:y')).toBe(false);
  expect(isToldAt('d:9:x', 'e:10:y')).toBe(false);
});

it('from the earliest place nobody misses anything; places of two epochs have none in common', () => {
  expect(earliest(['e:9:x', 'e:10:y', 'e:8:z'])).toBe('e:8:z');
  expect(earliest([])).toBeUndefined();
  expect(earliest(['e:9:x', 'f:10:y'])).toBeUndefined();
});
