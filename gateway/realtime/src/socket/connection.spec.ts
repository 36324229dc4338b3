import { expect, it } from 'vitest';
import { sessionOf, toldOf } from './connection.ts';

const verified = (actor?: string) => ({ caller: { personId: 'asha', sessionId: 's1', role: 'member' as const, ...(actor === undefined ? {} : { actor }) }, expiresAt: 9, kid: 'k1' });

it('a line about a connection says whose it is, and who looks through their eyes', () => {
  expect(toldOf({ id: 'c1', session: undefined })).toEqual({ cid: 'c1', personId: undefined });
  expect(toldOf({ id: 'c1', session: sessionOf('token', verified()) })).toEqual({ cid: 'c1', personId: 'asha' });
  expect(toldOf({ id: 'c1', session: sessionOf('token', verified('mira')) })).toEqual({ cid: 'c1', personId: 'asha', impersonator: 'mira' });
});
