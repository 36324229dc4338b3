import { within } from '@mela/bus';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;

beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const from = <R>(address: string, act: () => Promise<R>): Promise<R> => within({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, origin: { address } }, act);
const password = 'ferns under the bridge';

/** Somebody with an account, and a sign-in from where they never were. */
async function elsewhere(device?: string) {
  const email = `${uuidv7()}@example.org`;
  const { person } = answer(await from('192.0.2.1', () => identity.people.register({ email, password, name: 'Asha' })));
  answer(await from('198.51.100.1', () => identity.signIns.signIn({ email, password, ...(device === undefined ? {} : { device }) })));
  const said = (await database.events()).find(({ type, data }) => type === 'session.opened_elsewhere' && data['userId'] === person.id)!;
  return { person, caller: { personId: person.id, sessionId: uuidv7(), role: 'member' as const }, sessionId: String(said.data['sessionId']), said };
}

const proven = (personId: string) => database.db.query('UPDATE person SET email_verified_at = now() WHERE id = $1', [personId]);

describe('the mail about a sign-in from a new place', () => {
  it('says what it was signed in on and when, in the language and by the clocks of the person', async () => {
    const { person, caller, sessionId, said } = await elsewhere('Ravi’s phone');
    expect(said.data).toEqual({ sessionId, userId: person.id });
    answer(await identity.profiles.change(caller.personId, { locale: 'ne', timeZone: 'Asia/Kathmandu' }));
    await proven(person.id);
    const mail = await identity.mails.due({ about: 'signed_in_elsewhere', id: sessionId });
    expect(mail).toMatchObject({ needed: true, kind: 'signed_in_elsewhere', email: person.email, name: 'Asha', locale: 'ne', timeZone: 'Asia/Kathmandu', token: null, signIn: { device: 'Ravi’s phone' } });
    expect(JSON.stringify(mail)).not.toContain('198.51.100.1');
  });

  it('is due also where that sign-in has ended since, and where the device has no name', async () => {
    const { caller, sessionId } = await elsewhere();
    await identity.sessions.signOut(caller, { everywhere: true });
    expect(await identity.mails.due({ about: 'signed_in_elsewhere', id: sessionId })).toMatchObject({ needed: true, timeZone: null, signIn: { device: null, at: expect.any(String) } });
  });

  it('is needless where nothing is known of the sign-in', async () => {
    expect(await identity.mails.due({ about: 'signed_in_elsewhere', id: uuidv7() })).toEqual({ needed: false, why: 'unknown' });
  });
});

describe('an address that nobody has shown to be theirs', () => {
  const dueTo = async (email: string, purpose: string) => {
    const [verification] = await database.db.query<{ id: string }>('SELECT id FROM verification WHERE email = $1 AND purpose = $2', [email, purpose]);
    return identity.mails.due({ about: 'verification', id: verification!.id });
  };

  it('is sent no word that whoever gave it has chosen', async () => {
    const { person, sessionId } = await elsewhere('Win at http://evil.example');
    await identity.passwords.forgot({ email: person.email });
    for (const purpose of ['verify_email', 'reset_password']) expect(await dueTo(person.email, purpose)).toMatchObject({ kind: purpose, email: person.email, name: null });
    expect(await identity.mails.due({ about: 'password_changed', id: person.id })).toMatchObject({ email: person.email, name: null });
    expect(await identity.mails.due({ about: 'signed_in_elsewhere', id: sessionId })).toMatchObject({ name: null, signIn: { device: null } });
  });

  it('is that of a change, too, while the one of before is called by their name', async () => {
    const { person, caller } = await elsewhere();
    await proven(person.id);
    const newEmail = `${uuidv7()}@example.org`;
    answer(await identity.changes.request(caller, { newEmail, password }));
    expect(await dueTo(newEmail, 'confirm_new_email')).toMatchObject({ email: newEmail, name: null });
    expect(await dueTo(person.email, 'confirm_old_email')).toMatchObject({ email: person.email, name: 'Asha', newEmail });
  });
});
