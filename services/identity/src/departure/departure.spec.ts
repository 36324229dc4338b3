import { id, isRefusal } from '@mela/contracts';
import { expect, it } from 'vitest';
import type { Account } from '../person/person.ts';
import { closeAccount } from './departure.ts';

const at = new Date(0);
const account = (changes: Partial<Account> = {}): Account => ({
  id: id(1), email: 'a@example.org', name: 'Asha', role: 'member', suspendedAt: null, emailVerifiedAt: null, language: 'en', deactivatedAt: null, deletionDueAt: null, version: 1, createdAt: at, ...changes,
});
const signedIn = { isSignedIn: true, otherSuperAdmins: 0 };
const signedOut = { isSignedIn: false, otherSuperAdmins: 0 };

it('whoever is signed in may close their account, for a while or for good', () => {
  for (const wish of ['deactivate', 'delete'] as const) expect(closeAccount(account(), wish, signedIn)).toBe(true);
});

it('the last super-admin may not, and one of two may', () => {
  const vera = account({ role: 'super_admin' });
  for (const wish of ['deactivate', 'delete'] as const) {
    expect(closeAccount(vera, wish, signedIn)).toMatchObject({ code: 'identity.last_super_admin' });
    expect(closeAccount(vera, wish, { isSignedIn: true, otherSuperAdmins: 1 })).toBe(true);
  }
});

it('what was done already is not done twice', () => {
  expect(closeAccount(account({ deactivatedAt: at }), 'deactivate', signedOut)).toBe(false);
  expect(closeAccount(account({ deactivatedAt: at, deletionDueAt: at }), 'delete', signedOut)).toBe(false);
  expect(closeAccount(account({ deactivatedAt: at, deletionDueAt: at }), 'deactivate', signedOut)).toBe(false);
});

it('whoever was signed out meanwhile changes nothing: they came back, were shut out, or closed it in the other way', () => {
  for (const [kept, wish] of [[account(), 'deactivate'], [account(), 'delete'], [account({ deactivatedAt: at }), 'delete']] as const) {
    const outcome = closeAccount(kept, wish, signedOut);
    expect(isRefusal(outcome) && outcome.code).toBe('auth.invalid_token');
  }
});
