import { isRefusal, RefreshRefused, WrongCredentials, WrongPassword, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
const someone = async (): Promise<Session> => answer(await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' }));
const callerOf = ({ person, accessToken }: Session) => ({ personId: person.id, sessionId: JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string, role: 'member' as const });

describe('a person’s password', () => {
  it('ends everywhere else with it', async () => {
    const first = await someone();
    const second = answer(await identity.signIns.signIn({ email: first.person.email, password }));
    const newPassword = 'another long password';
    expect(await identity.passwordChanges.change(callerOf(second), { password: 'not this one', newPassword })).toMatchObject(WrongPassword());
    expect(await identity.passwordChanges.change(callerOf(second), { password, newPassword })).toEqual({ ended: 1 });
    expect(await identity.sessions.refresh({ refreshToken: first.refreshToken })).toEqual(RefreshRefused());
    answer(await identity.sessions.refresh({ refreshToken: second.refreshToken }));
    expect(await identity.signIns.signIn({ email: first.person.email, password })).toMatchObject(WrongCredentials());
    answer(await identity.signIns.signIn({ email: first.person.email, password: newPassword }));
  });

  it('is changed once where two are chosen at once', async () => {
    const asha = await someone();
    const changes = await Promise.all(['first new password', 'second new password'].map((newPassword) => identity.passwordChanges.change(callerOf(asha), { password, newPassword })));
    expect(changes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(changes.filter(isRefusal)).toEqual([WrongPassword()]);
  });
});
