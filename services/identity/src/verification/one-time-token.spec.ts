import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { OneTimeTokens } from './one-time-token.ts';

describe('a one-time token', () => {
  const tokens = new OneTimeTokens(Buffer.alloc(32, 1));

  it('can be told again from what is kept of it, and stands nowhere in that', () => {
    const kept = { id: id(1), ...tokens.make(id(1)) };
    const text = tokens.tell(kept)!;
    expect(tokens.tell(kept)).toBe(text);
    expect(tokens.idIn(text)).toBe(id(1));
    expect(tokens.matches(text, kept)).toBe(true);
    const secret = Buffer.from(text, 'base64url').subarray(16);
    for (const bytes of [kept.salt, kept.tokenHash]) expect(bytes.includes(secret)).toBe(false);
  });

  it('is another each time, also for the same id', () => {
    const [one, two] = [tokens.make(id(1)), tokens.make(id(1))];
    expect(tokens.tell({ id: id(1), ...one })).not.toBe(tokens.tell({ id: id(1), ...two }));
  });

  it('is not made without the key: with another one nothing is told', () => {
    expect(new OneTimeTokens(Buffer.alloc(32, 2)).tell({ id: id(1), ...tokens.make(id(1)) })).toBeUndefined();
  });

  it('is no other text', () => {
    const kept = { id: id(1), ...tokens.make(id(1)) };
    const text = tokens.tell(kept)!;
    for (const other of [`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`, `${text}A`, '', '!']) expect(tokens.idIn(other) !== undefined && tokens.matches(other, kept)).toBe(false);
    for (const malformed of ['', 'x', `${text}=`, `${text}AAAA`, Buffer.alloc(40, 255).toString('base64url')]) expect([undefined, 'ffffffff-ffff-ffff-ffff-ffffffffffff']).toContain(tokens.idIn(malformed));
  });
});
