import { expect, it } from 'vitest';
import { strangerOf } from './stranger.ts';

it('an address that nobody has is the same as itself, and says nothing without the key', () => {
  const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  expect(strangerOf(key, 'nobody@example.org')).toBe(strangerOf(key, 'nobody@example.org'));
  expect(strangerOf(key, 'nobody@example.org')).not.toBe(strangerOf(key, 'other@example.org'));
  expect(strangerOf(key, 'nobody@example.org')).not.toBe(strangerOf(other, 'nobody@example.org'));
  expect(strangerOf(key, 'nobody@example.org')).not.toContain('nobody');
});
