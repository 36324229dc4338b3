import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { hashOf, RefreshTokens } from './refresh-token.ts';

const tokens = new RefreshTokens(Buffer.alloc(32, 1));

describe('a refresh token', () => {
  it('says which session it belongs to and how often that one was refreshed', () => {
    const first = tokens.read(tokens.first(id(1)))!;
    expect(first).toMatchObject({ sessionId: id(1), generation: 1 });
    expect(tokens.read(tokens.successorOf(first))).toMatchObject({ sessionId: id(1), generation: 2 });
  });

  it('is random at first, and always has the same successor', () => {
    expect(tokens.first(id(1))).not.toBe(tokens.first(id(1)));
    const first = tokens.read(tokens.first(id(1)))!;
    expect(tokens.successorOf(first)).toBe(tokens.successorOf(first));
    expect(tokens.successorOf(first)).not.toBe(tokens.successorOf(tokens.read(tokens.first(id(1)))!));
  });

  it('fits the contract and is stored as a hash alone', () => {
    const text = tokens.first(id(1));
    expect(text.length).toBeLessThanOrEqual(200);
    expect(hashOf(text)).toHaveLength(32);
  });

  it('is not read when invented, altered, shortened, written another way, or sealed with another key', () => {
    const text = tokens.first(id(1));
    const last = text.at(-1)!;
    const looseBits = text.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1);
    const strangers = new RefreshTokens(Buffer.alloc(32, 2)).first(id(1));
    const nextGeneration = Buffer.from(text, 'base64url');
    nextGeneration.writeUInt32BE(2, 16);
    for (const other of ['', 'x', text.slice(1), text.slice(0, -1), `${text}=`, looseBits, strangers, nextGeneration.toString('base64url'), 'A'.repeat(91)])
      expect(tokens.read(other), other).toBeUndefined();
  });
});
