import { EmailTaken, EmailUnchanged, isRefusal, TokenRefused, WrongPassword, type DueMail, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldWhenLookedAt, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
const address = () => `someone-${++people}@example.org`;
async function someone(email = address()): Promise<Session> {
  const session = await identity.people.register({ email, password, name: 'Someone' });
  if (isRefusal(session)) throw new Error(session.code);
  return session;
}
const callerOf = ({ person, accessToken }: Session) => ({ personId: person.id, sessionId: JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string, role: 'member' as const });
const ask = (session: Session, newEmail: string, known = password) => identity.changes.request(callerOf(session), { password: known, newEmail });

/** What is due of the latest change that this person asked for. */
async function mailsOf({ person }: Session) {
  const rows = await database.db.query<{ id: string; purpose: string }>(
    `SELECT id, purpose FROM verification WHERE change_id = (SELECT id FROM email_change WHERE person_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1)`, [person.id]);
  const mails = await Promise.all(rows.map(async ({ id, purpose }) => [purpose, await identity.mails.due({ about: 'verification', id })] as const));
  return Object.fromEntries(mails);
}
async function tokensOf(session: Session): Promise<{ old: string; new: string }> {
  const mails = await mailsOf(session);
  return { old: (mails['confirm_old_email'] as DueMail).token!, new: (mails['confirm_new_email'] as DueMail).token! };
}
const confirm = (token: string) => identity.changes.confirm({ token });

describe('a change of address', () => {
  it('is confirmed at both, in either order, and then happens and ends the other sessions', async () => {
    for (const order of [['old', 'new'], ['new', 'old']] as const) {
      const here = await someone();
      const there = (await identity.signIns.signIn({ email: here.person.email, password })) as Session;
      const newEmail = address();
      expect(await ask(here, newEmail.toUpperCase())).toEqual({ accepted: true });
      const mails = await mailsOf(here);
      expect(mails['confirm_old_email']).toMatchObject({ email: here.person.email, newEmail });
      expect(mails['confirm_new_email']).toMatchObject({ email: newEmail, newEmail: null });
      const tokens = await tokensOf(here);
      expect(await confirm(tokens[order[0]])).toEqual({ changed: false });
      expect(await identity.people.find(here.person.id)).toMatchObject({ email: here.person.email });
      expect(await confirm(tokens[order[1]])).toEqual({ changed: true });
      expect(await identity.people.find(here.person.id)).toMatchObject({ email: newEmail, emailVerified: true });
      expect(isRefusal(await identity.sessions.refresh({ refreshToken: there.refreshToken }))).toBe(true);
      expect(isRefusal(await identity.sessions.refresh({ refreshToken: here.refreshToken }))).toBe(false);
      const said = (await database.events()).find(({ aggregate, type }) => aggregate === here.person.id && type === 'user.email_changed')!;
      expect(await identity.mails.due({ about: 'email_changed', id: String(said.data['changeId']) })).toMatchObject({ kind: 'email_changed', email: here.person.email });
      for (const token of [tokens.old, tokens.new]) expect(await confirm(token)).toEqual(TokenRefused());
    }
  });

  it('happens once, of fifty confirmations of both at once', async () => {
    const asha = await someone();
    await ask(asha, address());
    const tokens = await tokensOf(asha);
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => confirm(n % 2 === 0 ? tokens.old : tokens.new)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome)).toSorted()).toHaveLength(2);
    expect(outcomes).toContainEqual({ changed: false });
    expect(outcomes).toContainEqual({ changed: true });
    expect((await database.events()).filter(({ aggregate, type }) => aggregate === asha.person.id && type === 'user.email_changed')).toHaveLength(1);
  });

  it('takes the password, and another address', async () => {
    const asha = await someone();
    expect(await ask(asha, address(), 'not her password')).toMatchObject(WrongPassword());
    expect(await ask(asha, asha.person.email)).toEqual(EmailUnchanged());
  });

  it('is none for fifty who ask for it with a password that is replaced while it is looked at', async () => {
    const elsewhere = await identityOn(database.db);
    const all = await Promise.all(Array.from({ length: 10 }, () => someone()));
    const clients = all.flatMap((one) => Array.from({ length: 5 }, () => one));
    const held = heldWhenLookedAt(elsewhere.hasher, clients.length);
    const asking = clients.map((one) => elsewhere.changes.request(callerOf(one), { password, newEmail: address() }));
    await held.looked;
    for (const one of all) expect(await identity.passwordChanges.change(callerOf(one), { password, newPassword: 'another long password' })).toEqual({ ended: 0 });
    held.letGo();
    expect(await Promise.all(asking)).toMatchObject(clients.map(() => WrongPassword()));
    for (const one of all) expect(await mailsOf(one)).toEqual({});
  });

  it('to an address that somebody has gets the same answer, and whoever has it hears nothing', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    expect(await ask(asha, ravi.person.email)).toEqual({ accepted: true });
    const mails = await mailsOf(asha);
    expect(mails['confirm_old_email']).toMatchObject({ needed: true });
    expect(mails['confirm_new_email']).toEqual({ needed: false, why: 'nobody' });
  });

  it('is refused where the address was taken meanwhile, and undone', async () => {
    const asha = await someone();
    const newEmail = address();
    await ask(asha, newEmail);
    const tokens = await tokensOf(asha);
    await confirm(tokens.old);
    await someone(newEmail);
    expect(await confirm(tokens.new)).toEqual(EmailTaken());
    expect(await identity.people.find(asha.person.id)).toMatchObject({ email: asha.person.email });
  });

  it('of an account that is gone is confirmed by no link', async () => {
    const asha = await someone();
    await ask(asha, address());
    const tokens = await tokensOf(asha);
    await confirm(tokens.old);
    await database.db.query('DELETE FROM person WHERE id = $1', [asha.person.id]);
    expect(await confirm(tokens.new)).toEqual(TokenRefused());
  });

  it('that fifty ask for at once goes to one of them', async () => {
    const newEmail = address();
    const all = await Promise.all(Array.from({ length: 50 }, () => someone()));
    for (const one of all) await ask(one, newEmail);
    const tokens = await Promise.all(all.map(tokensOf));
    await Promise.all(tokens.map((each) => confirm(each.old)));
    const outcomes = await Promise.all(tokens.map((each) => confirm(each.new)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toEqual([{ changed: true }]);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => EmailTaken()));
  }, 60_000);

  it('ends with the next one, with another password, and after a day', async () => {
    const asha = await someone();
    await ask(asha, address());
    const first = await tokensOf(asha);
    await ask(asha, address());
    const second = await tokensOf(asha);
    for (const token of Object.values(first)) expect(await confirm(token)).toEqual(TokenRefused());
    await identity.passwordChanges.change(callerOf(asha), { password, newPassword: 'another long password' });
    for (const token of Object.values(second)) expect(await confirm(token)).toEqual(TokenRefused());
    await ask(asha, address(), 'another long password');
    const third = await tokensOf(asha);
    expect(await confirm(third.old)).toEqual({ changed: false });
    await database.db.query('UPDATE email_change SET expires_at = now() WHERE person_id = $1', [asha.person.id]);
    expect(await confirm(third.new)).toEqual(TokenRefused());
  });
});
