import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { judge, type Presented, type SessionState } from './session.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const hash = (generation: number) => Buffer.alloc(32, generation);
const token = (generation: number): Presented => ({ generation, hash: hash(generation), successorHash: hash(generation + 1) });

/** Refreshed twice, last at second 100; ends at second 1000. */
const session: SessionState = {
  id: id(1), personId: id(2), generation: 3, tokenHash: hash(3), rotatedAt: at(100), expiresAt: at(1_000), revokedAt: null,
};
const verdict = (presented: Presented, seconds: number, changes: Partial<SessionState> = {}) => judge({ ...session, ...changes }, presented, at(seconds), 30);

describe('refreshing a session', () => {
  it('exchanges the living token for its successor', () => {
    expect(verdict(token(3), 101)).toBe('rotate');
    expect(verdict(token(3), 999)).toBe('rotate');
  });

  it('gives the immediate predecessor the same successor, for as long as the grace lasts', () => {
    expect(verdict(token(2), 100)).toBe('repeat');
    expect(verdict(token(2), 130)).toBe('repeat');
    expect(verdict(token(2), 130.001)).toBe('revoke');
  });

  it('ends when an older token comes back, grace or not', () => {
    expect(verdict(token(1), 100)).toBe('revoke');
  });

  it('ends when the predecessor has another successor than the living token', () => {
    expect(verdict({ ...token(2), successorHash: hash(9) }, 101)).toBe('revoke');
  });

  it('refuses everything once it has expired or was revoked', () => {
    for (const generation of [1, 2, 3]) {
      expect(verdict(token(generation), 1_000)).toBe('refuse');
      expect(verdict(token(generation), 101, { revokedAt: at(100) })).toBe('refuse');
    }
  });

  it('refuses a token it cannot know, and does not end for it', () => {
    expect(verdict(token(4), 101)).toBe('refuse');
    expect(verdict({ ...token(3), hash: hash(9) }, 101)).toBe('refuse');
  });

  it('is not troubled by a clock that went back a little', () => {
    expect(verdict(token(2), 99)).toBe('repeat');
  });
});
