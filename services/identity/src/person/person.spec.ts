import { id, MayNotHear } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { asPerson, hearPerson, writeAccount } from './person.ts';

describe('an account', () => {
  const draft = { email: ' Asha@Example.ORG ', name: 'Asha' };

  it('is written under the folded address, with an id of its own', () => {
    expect(writeAccount(draft, 'hash')).toMatchObject({ email: 'asha@example.org', name: 'Asha', passwordHash: 'hash' });
    expect(writeAccount(draft, 'hash').id).not.toBe(writeAccount(draft, 'hash').id);
  });

  it('shows nothing of its credentials', () => {
    const account = { ...writeAccount(draft, 'hash'), version: 1, createdAt: new Date(0) };
    expect(asPerson(account)).toEqual({ id: account.id, email: 'asha@example.org', name: 'Asha', createdAt: '1970-01-01T00:00:00.000Z' });
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
