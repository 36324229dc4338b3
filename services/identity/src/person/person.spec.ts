import { id, LastSuperAdmin, MayNotHear } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asPerson, changeRole, hearPerson, writeAccount } from './person.ts';

describe('an account', () => {
  const draft = { email: ' Asha@Example.ORG ', name: 'Asha' };

  it('is written under the folded address, with an id of its own', () => {
    expect(writeAccount(draft, 'hash', 'en')).toMatchObject({ email: 'asha@example.org', name: 'Asha', passwordHash: 'hash' });
    expect(writeAccount(draft, 'hash', 'en').id).not.toBe(writeAccount(draft, 'hash', 'en').id);
  });

  it('shows nothing of its credentials', () => {
    const account = { ...writeAccount(draft, 'hash', 'en'), role: 'member' as const, emailVerifiedAt: null, suspendedAt: null, deactivatedAt: null, deletionDueAt: null, version: 1, createdAt: new Date(0) };
    expect(asPerson(account)).toEqual({ id: account.id, email: 'asha@example.org', emailVerified: false, name: 'Asha', role: 'member', createdAt: '1970-01-01T00:00:00.000Z' });
  });
});

describe('a role on the platform', () => {
  it('is given, and is no news to whoever has it', () => {
    expect(changeRole({ role: 'member' }, 'admin', { superAdmins: 0 })).toBe(true);
    expect(changeRole({ role: 'super_admin' }, 'super_admin', { superAdmins: 0 })).toBe(false);
  });

  it('is not taken from the last who could give it back', () => {
    expect(changeRole({ role: 'super_admin' }, 'admin', { superAdmins: 0 })).toEqual(LastSuperAdmin());
    expect(changeRole({ role: 'super_admin' }, 'member', { superAdmins: 1 })).toBe(true);
  });
});

describe('a person’s topic', () => {
  const asha = { id: id(1), createdAt: new Date(0) };

  it('is heard by that person since there was one', () => {
    expect(hearPerson(`person:${id(1)}`, asha)).toEqual({ topic: `person:${id(1)}`, scope: `person:${id(1)}`, since: '1970-01-01T00:00:00.000Z' });
  });

  it('is heard by nobody else, and no other topic is granted here', () => {
    for (const name of [`person:${id(2)}`, `community:${id(1)}`, 'person:', 'person', id(1), `person:${id(1)}:x`, ''])
      expect(hearPerson(name, asha)).toEqual(MayNotHear());
  });
});
