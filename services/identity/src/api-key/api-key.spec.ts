import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import type { Account } from '../person/person.ts';
import { asApiKey, judge, mayCreate, mayRotate, readScopes, secondsFor, type ApiKeyState, type KnownSecret } from './api-key.ts';

const at = (seconds: number) => new Date(seconds * 1_000);
const NOW = at(1_000);

const key: ApiKeyState = {
  id: id(8), personId: id(1), name: 'The newsletter', scopes: ['notes:read'], createdAt: at(0), expiresAt: null, revokedAt: null, version: 1,
  prefix: 'mela_abcdefABCDEF', lastUsedAt: at(900), previousPrefix: null, previousEndsAt: null, previousUsedAt: null, at: NOW,
};
const rotated: ApiKeyState = { ...key, previousPrefix: 'mela_zyxwvuZYXWVU', previousEndsAt: at(2_000), previousUsedAt: at(800) };
const known: KnownSecret = { id: id(9), keyId: id(8), personId: id(1), scopes: ['notes:read'], hash: Buffer.alloc(32, 1), endsAt: null, isRevoked: false, isOwnerAway: false, at: NOW };

describe('a key, as its owner sees it', () => {
  it('is told by its prefix, and what became of it', () => {
    expect(asApiKey(key)).toEqual({
      id: id(8), name: 'The newsletter', prefix: 'mela_abcdefABCDEF', scopes: ['notes:read'], state: 'active',
      createdAt: at(0).toISOString(), expiresAt: null, lastUsedAt: at(900).toISOString(), previous: null,
    });
    expect(asApiKey({ ...key, expiresAt: at(1_001) }).state).toBe('active');
    expect(asApiKey({ ...key, expiresAt: NOW }).state).toBe('expired');
    expect(asApiKey({ ...key, expiresAt: NOW, revokedAt: at(10) }).state).toBe('revoked');
  });

  it('tells of the one before for as long as that works', () => {
    expect(asApiKey(rotated).previous).toEqual({ prefix: 'mela_zyxwvuZYXWVU', endsAt: at(2_000).toISOString(), lastUsedAt: at(800).toISOString() });
    expect(asApiKey({ ...rotated, revokedAt: at(10) }).previous).toBeNull();
  });
});

describe('scopes', () => {
  it('stand in one order, each once', () => {
    expect(readScopes(['b:read', 'a:write', 'b:read'], ['a:write', 'b:read'])).toEqual(['a:write', 'b:read']);
  });

  it('that do not exist are refused with those that do', () => {
    expect(readScopes(['a:write', 'all', 'b:rite'], ['a:write', 'b:read'])).toMatchObject({ code: 'identity.unknown_scope', status: 422, facts: { unknown: ['all', 'b:rite'], scopes: ['a:write', 'b:read'] } });
  });
});

describe('another key', () => {
  const owner = { suspendedAt: null, deactivatedAt: null } as Account;

  it('is there to be had below the most', () => {
    expect(mayCreate(owner, { alive: 19, most: 20 })).toBeUndefined();
    expect(mayCreate(owner, { alive: 20, most: 20 })).toMatchObject({ code: 'identity.too_many_api_keys' });
  });

  it('is for nobody who is shut out, or has left', () => {
    for (const gone of [{ ...owner, suspendedAt: NOW }, { ...owner, deactivatedAt: NOW }]) expect(mayCreate(gone, { alive: 0, most: 20 })).toMatchObject({ code: 'auth.invalid_token' });
  });
});

describe('rotating', () => {
  it('is for keys that are alive', () => {
    expect(mayRotate(key, 60)).toBeUndefined();
    expect(mayRotate(undefined, 60)).toMatchObject({ code: 'identity.api_key_unknown' });
    for (const ended of [{ ...key, revokedAt: at(1) }, { ...key, expiresAt: NOW }]) expect(mayRotate(ended, 60)).toMatchObject({ code: 'identity.api_key_ended' });
  });

  it('again, while the one before works, is refused unless both are to end', () => {
    expect(mayRotate(rotated, 60)).toMatchObject({ code: 'identity.api_key_rotating', facts: { endsAt: at(2_000).toISOString() } });
    expect(mayRotate(rotated, 0)).toBeUndefined();
  });
});

describe('a key that is shown', () => {
  const right = { matches: true };

  it('is good while nothing has ended', () => {
    expect(judge(known, right)).toBe('good');
    expect(judge({ ...known, endsAt: at(1_001) }, right)).toBe('good');
  });

  it('is no more once it was revoked, has expired or was rotated, or its owner is away', () => {
    expect(judge({ ...known, isRevoked: true }, right)).toBe('revoked');
    expect(judge({ ...known, isOwnerAway: true }, right)).toBe('revoked');
    for (const endsAt of [NOW, at(1_000.9)]) expect(judge({ ...known, endsAt }, right)).toBe('expired');
  });

  it('says nothing of the right one where it is wrong', () => {
    for (const state of [known, { ...known, isRevoked: true }, { ...known, endsAt: NOW }, undefined]) expect(judge(state, { matches: false })).toBe('unknown');
  });

  it('gets a token for five minutes, and for no longer than it is good', () => {
    expect(secondsFor(known)).toBe(300);
    expect(secondsFor({ ...known, endsAt: at(9_000) })).toBe(300);
    expect(secondsFor({ ...known, endsAt: at(1_042.9) })).toBe(42);
  });
});
