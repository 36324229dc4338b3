import { isRefusal, RefreshRefused, WeakPassword, WrongCredentials, WrongPassword, type Session } from '@mela/contracts';
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

  it('is not made of their handle, whether it is changed or was forgotten', async () => {
    const asha = await someone();
    answer(await identity.profiles.change(asha.person.id, { handle: 'uphill_and_down' }));
    const newPassword = 'uphill-and-down-9';
    const weak = { code: WeakPassword.code, detail: expect.stringContaining('your handle') };
    expect(await identity.passwordChanges.change(callerOf(asha), { password, newPassword })).toMatchObject(weak);
    await identity.passwords.forgot({ email: asha.person.email });
    const [mail] = await database.db.query<{ id: string }>(`SELECT id FROM verification WHERE email = $1 AND purpose = 'reset_password'`, [asha.person.email]);
    const due = await identity.mails.due({ about: 'verification', id: mail!.id });
    expect(await identity.passwords.reset({ token: due.needed ? due.token! : '', newPassword })).toMatchObject(weak);
  });

  it('is changed once where two are chosen at once', async () => {
    const asha = await someone();
    const changes = await Promise.all(['first new password', 'second new password'].map((newPassword) => identity.passwordChanges.change(callerOf(asha), { password, newPassword })));
    expect(changes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(changes.filter(isRefusal)).toMatchObject([WrongPassword()]);
  });
});
