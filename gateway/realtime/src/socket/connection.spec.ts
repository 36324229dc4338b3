import { expect, it } from 'vitest';
import { hearsOwn, sessionOf, toldOf } from './connection.ts';

const verified = (actor?: string) => ({ token: 'token', caller: { personId: 'asha', sessionId: 's1', role: 'member' as const, ...(actor === undefined ? {} : { actor }) }, expiresAt: 9, kid: 'k1' });

it('a line about a connection says whose it is, and who looks through their eyes', () => {
  expect(toldOf({ id: 'c1', session: undefined })).toEqual({ cid: 'c1', personId: undefined });
  expect(toldOf({ id: 'c1', session: sessionOf(verified()) })).toEqual({ cid: 'c1', personId: 'asha' });
  expect(toldOf({ id: 'c1', session: sessionOf(verified('mira')) })).toEqual({ cid: 'c1', personId: 'asha', impersonator: 'mira' });
});

it('a session hears what concerns its person; an API key does where it may read that', () => {
  expect(hearsOwn({ key: undefined })).toBe(true);
  expect([['identity:read'], ['identity:write', 'communities:read'], []].map((scopes) => hearsOwn({ key: { id: 'k', scopes } }))).toEqual([true, false, false]);
});
