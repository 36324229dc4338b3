import { describe, expect, it } from 'vitest';
import { PasskeyChallenges } from './passkey-challenges.ts';

const challenges = new PasskeyChallenges(Buffer.alloc(32, 1));
const at = Date.parse('2030-01-01T09:00:00Z');
const write = (purpose = 'sign-in') => Buffer.from(challenges.write(purpose, at)).toString('base64url');

describe('what a device signs', () => {
  it('is good for five minutes', () => {
    const text = write();
    expect(challenges.read('sign-in', text, at + 299_999)).toEqual({ id: expect.any(Buffer), expiresAt: at + 300_000 });
    expect(challenges.read('sign-in', text, at + 300_000)).toBeUndefined();
  });

  it('is good for one purpose', () => {
    expect(challenges.read('register', write(), at)).toBeUndefined();
  });

  it('is not read when invented, altered, or sealed with another key', () => {
    const bytes = Buffer.from(write(), 'base64url');
    const later = Buffer.from(bytes);
    later.writeUIntBE(at + 600_000, 16, 6);
    const strangers = Buffer.from(new PasskeyChallenges(Buffer.alloc(32, 2)).write('sign-in', at));
    for (const other of [Buffer.alloc(0), Buffer.alloc(54), bytes.subarray(1), later, strangers]) expect(challenges.read('sign-in', other.toString('base64url'), at)).toBeUndefined();
  });
});
