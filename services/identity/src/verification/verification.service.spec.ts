import { isRefusal, TokenRefused, type Refusal, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

let people = 0;
async function someone(): Promise<Session['person']> {
  const session = await identity.people.register({ email: `someone-${++people}@example.org`, password: 'a long password', name: 'Someone' });
  if (isRefusal(session)) throw new Error(session.code);
  return session.person;
}

/** The mails that were asked for in the name of an address, the first one first. */
async function mailsTo(email: string) {
  const rows = await database.db.query<{ id: string }>('SELECT id FROM verification WHERE email = $1 ORDER BY created_at, id', [email]);
  return Promise.all(rows.map(({ id }) => identity.mails.due({ about: 'verification', id })));
}
const tokenOf = (mail: Awaited<ReturnType<typeof mailsTo>>[number] | undefined): string => {
  if (!mail?.needed || mail.token === null) throw new Error(`no token: ${JSON.stringify(mail)}`);
  return mail.token;
};
const codeOf = (outcome: object | Refusal) => (isRefusal(outcome) ? outcome.code : 'done');

describe('verifying an address', () => {
  it('is asked for with the account, and no secret is said', async () => {
    const person = await someone();
    const [row] = await database.db.query<{ id: string; text: string }>('SELECT id, verification::text AS text FROM verification WHERE email = $1', [person.email]);
    const said = (await database.events()).filter(({ aggregate }) => aggregate === row!.id);
    expect(said).toEqual([{ type: 'verification.requested', aggregate: row!.id, version: 1, data: { verificationId: row!.id } }]);
    const [mail] = await mailsTo(person.email);
    expect(mail).toMatchObject({ needed: true, kind: 'verify_email', email: person.email, name: null, locale: 'en' });
    expect(row!.text).not.toContain(Buffer.from(tokenOf(mail), 'base64url').subarray(16).toString('hex'));
  });

  it('happens once, of fifty attempts at once', async () => {
    const person = await someone();
    const [mail] = await mailsTo(person.email);
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.verifications.verifyEmail({ token: tokenOf(mail) })));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toEqual([{ ...person, emailVerified: true }]);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => TokenRefused()));
    expect((await database.events()).filter(({ type, aggregate }) => type === 'user.email_verified' && aggregate === person.id)).toMatchObject([{ version: 2 }]);
  });

  it('takes the newest token alone, however many were asked for at once', async () => {
    const person = await someone();
    await Promise.all(Array.from({ length: 20 }, () => identity.verifications.again(person.id)));
    const mails = await mailsTo(person.email);
    expect(mails).toHaveLength(21);
    expect(mails.filter(({ needed }) => needed)).toHaveLength(1);
    expect(mails.filter((mail) => !mail.needed && mail.why === 'superseded')).toHaveLength(20);
    expect(codeOf(await identity.verifications.verifyEmail({ token: tokenOf(mails.find(({ needed }) => needed)) }))).toBe('done');
  });

  it('ends after a day, and its mail is not sent any more', async () => {
    const person = await someone();
    const [mail] = await mailsTo(person.email);
    const [row] = await database.db.query<{ hours: number }>(`SELECT extract(epoch FROM expires_at - created_at)::int / 3600 AS hours FROM verification WHERE email = $1`, [person.email]);
    expect(row).toEqual({ hours: 24 });
    await database.db.query('UPDATE verification SET expires_at = now() WHERE email = $1', [person.email]);
    expect(await identity.verifications.verifyEmail({ token: tokenOf(mail) })).toEqual(TokenRefused());
    expect(await mailsTo(person.email)).toEqual([{ needed: false, why: 'expired' }]);
  });

  it('leaves nothing behind for long', async () => {
    const person = await someone();
    const left = () => database.db.query('SELECT 1 FROM verification WHERE email = $1', [person.email]);
    for (const [hours, rows] of [[23, 1], [25, 0]] as const) {
      await database.db.query('UPDATE verification SET expires_at = now() - make_interval(hours => $2) WHERE email = $1', [person.email, hours]);
      await identity.verifications.tidy();
      expect(await left()).toHaveLength(rows);
    }
  });
});
