import { describe, expect, it } from 'vitest';
import { CannotOpen, Keyring } from './keyring.ts';

describe('the keyring', () => {
  const keyring = new Keyring('a secret of this test, long enough to pass');

  it('opens what it sealed, and never seals the same way twice', () => {
    const [one, two] = [keyring.seal('the key', 'kid-1'), keyring.seal('the key', 'kid-1')];
    expect(keyring.open(one, 'kid-1')).toBe('the key');
    expect(one.equals(two)).toBe(false);
    expect(one.includes('the key')).toBe(false);
  });

  it('opens nothing under another name, with another secret, or with a byte changed', () => {
    const sealed = keyring.seal('the key', 'kid-1');
    const altered = Buffer.from(sealed);
    altered[altered.length - 1]! ^= 1;
    expect(() => keyring.open(sealed, 'kid-2')).toThrow(CannotOpen);
    expect(() => new Keyring('another secret, just as long as the first').open(sealed, 'kid-1')).toThrow(CannotOpen);
    expect(() => keyring.open(altered, 'kid-1')).toThrow(CannotOpen);
    expect(() => keyring.open(Buffer.alloc(3), 'kid-1')).toThrow(CannotOpen);
  });

  it('has a key of its own for each purpose, the same on every replica', () => {
    expect(keyring.keyFor('a').equals(keyring.keyFor('b'))).toBe(false);
    expect(new Keyring('a secret of this test, long enough to pass').keyFor('a').equals(keyring.keyFor('a'))).toBe(true);
  });
});
