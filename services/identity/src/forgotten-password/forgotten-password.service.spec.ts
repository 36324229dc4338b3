import { isRefusal, PasskeyRefused, SecondFactorOff, TokenRefused, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { openProvider } from '../../test/outside.fixture.ts';
import { password, Protected } from '../../test/second-factor.fixture.ts';
import { SoftwareAuthenticator } from '../../test/software-authenticator.fixture.ts';

let database: ServiceDatabase;
let sandbox: Awaited<ReturnType<typeof openProvider>>;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  [database, sandbox] = await Promise.all([openIdentityDatabase(), openProvider()]);
  identity = await identityOn(database.db, { IDENTITY_OIDC: sandbox.IDENTITY_OIDC });
});
afterAll(() => Promise.all([database?.close(), sandbox?.stop()]));

const newPassword = 'another long password';
let people = 0;
async function someone(): Promise<Session> {
  const session = await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' });
  if (isRefusal(session)) throw new Error(session.code);
  return session;
}
async function mailsTo(email: string) {
  const rows = await database.db.query<{ id: string }>(`SELECT id FROM verification WHERE email = $1 AND purpose = 'reset_password' ORDER BY created_at, id`, [email]);
  return Promise.all(rows.map(({ id }) => identity.mails.due({ about: 'verification', id })));
}
async function tokenFor(email: string): Promise<string> {
  await identity.passwords.forgot({ email });
  const mail = (await mailsTo(email)).find(({ needed }) => needed);
  if (!mail?.needed) throw new Error('no mail is due');
  return mail.token!;
}

describe('a forgotten password', () => {
  it('is replaced by whoever reads the mail, and everybody who was signed in is not any more', async () => {
    const { person, refreshToken } = await someone();
    const token = await tokenFor(person.email);
    expect(await identity.passwords.reset({ token, newPassword })).toEqual({ ended: 1 });
    expect(isRefusal(await identity.sessions.refresh({ refreshToken }))).toBe(true);
    expect(isRefusal(await identity.signIns.signIn({ email: person.email, password }))).toBe(true);
    expect(isRefusal(await identity.signIns.signIn({ email: person.email, password: newPassword }))).toBe(false);
    const said = (await database.events()).filter(({ aggregate, type }) => aggregate === person.id && type === 'user.password_changed');
    expect(said).toEqual([{ type: 'user.password_changed', aggregate: person.id, version: 2, data: { userId: person.id } }]);
  });

  it('is replaced once, of fifty attempts at once with one token', async () => {
    const { person } = await someone();
    const token = await tokenFor(person.email);
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => identity.passwords.reset({ token, newPassword: `${newPassword} ${n}` })));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toEqual([{ ended: 1 }]);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => TokenRefused()));
    const winner = outcomes.findIndex((outcome) => !isRefusal(outcome));
    expect(isRefusal(await identity.signIns.signIn({ email: person.email, password: `${newPassword} ${winner}` }))).toBe(false);
  });

  it('has one good token at a time, for half an hour', async () => {
    const { person } = await someone();
    const first = await tokenFor(person.email);
    const second = await tokenFor(person.email);
    expect(await identity.passwords.reset({ token: first, newPassword })).toEqual(TokenRefused());
    const [row] = await database.db.query<{ minutes: number }>(`SELECT extract(epoch FROM expires_at - created_at)::int / 60 AS minutes FROM verification WHERE email = $1 AND purpose = 'reset_password' LIMIT 1`, [person.email]);
    expect(row).toEqual({ minutes: 30 });
    await database.db.query(`UPDATE verification SET expires_at = now() WHERE email = $1`, [person.email]);
    expect(await identity.passwords.reset({ token: second, newPassword })).toEqual(TokenRefused());
  });

  it('is no way in with a token that shows something else, nor the other way round', async () => {
    const { person } = await someone();
    const [row] = await database.db.query<{ id: string }>(`SELECT id FROM verification WHERE email = $1 AND purpose = 'verify_email'`, [person.email]);
    const mail = await identity.mails.due({ about: 'verification', id: row!.id });
    expect(await identity.passwords.reset({ token: mail.needed ? mail.token! : '', newPassword })).toEqual(TokenRefused());
    expect(await identity.verifications.verifyEmail({ token: await tokenFor(person.email) })).toEqual(TokenRefused());
  });

  it('of an address that nobody has takes the same rows and the same event, gets the same answer, and no mail', async () => {
    const { person } = await someone();
    const nobody = 'nobody-has-this@example.org';
    expect(await identity.passwords.forgot({ email: nobody })).toEqual(await identity.passwords.forgot({ email: person.email }));
    const written = (email: string) => database.db.query(`SELECT purpose, person_id, change_id, (SELECT count(*)::int FROM outbox WHERE aggregate_id = verification.id::text) AS events FROM verification WHERE email = $1 AND purpose = 'reset_password'`, [email]);
    expect(await written(nobody)).toEqual(await written(person.email));
    expect(await mailsTo(nobody)).toEqual([{ needed: false, why: 'nobody' }]);
  });

  it('is asked for five times at most while a token is good, however many ask at once, and the answer does not tell', async () => {
    const { person } = await someone();
    const answers = await Promise.all(Array.from({ length: 50 }, () => identity.passwords.forgot({ email: person.email })));
    expect(answers).toEqual(Array.from({ length: 50 }, () => ({ accepted: true })));
    const mails = await mailsTo(person.email);
    expect(mails).toHaveLength(5);
    expect(mails.filter(({ needed }) => needed)).toHaveLength(1);
  });

  it('always has a good token on its way to whoever asks, however often another did at any time before', async () => {
    const { person } = await someone();
    for (const minutes of [10, 10, 9, 1, 20]) {
      await Promise.all(Array.from({ length: 10 }, () => identity.passwords.forgot({ email: person.email })));
      expect((await mailsTo(person.email)).filter(({ needed }) => needed)).toHaveLength(1);
      await database.db.query('UPDATE verification SET created_at = created_at - make_interval(mins => $2), expires_at = expires_at - make_interval(mins => $2) WHERE email = $1', [person.email, minutes]);
    }
    expect(await mailsTo(person.email)).toHaveLength(10);
  });

  it('has another good token on its way where those of before were used, or are worth nothing any more', async () => {
    const { person } = await someone();
    const changed = () => database.db.query(`UPDATE verification SET superseded_at = now() WHERE email = $1 AND used_at IS NULL`, [person.email]);
    const used = async () => answer(await identity.passwords.reset({ token: await tokenFor(person.email), newPassword }));
    for (const ends of [changed, used, changed]) {
      await Promise.all(Array.from({ length: 10 }, () => identity.passwords.forgot({ email: person.email })));
      await ends();
      await identity.passwords.forgot({ email: person.email });
      expect((await mailsTo(person.email)).filter(({ needed }) => needed)).toHaveLength(1);
    }
  });

  it('that was remembered and changed leaves no token good', async () => {
    const { person, accessToken } = await someone();
    const token = await tokenFor(person.email);
    const sessionId = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid as string;
    expect(isRefusal(await identity.passwordChanges.change({ personId: person.id, sessionId, role: 'member' }, { password, newPassword }))).toBe(false);
    expect(await identity.passwords.reset({ token, newPassword })).toEqual(TokenRefused());
  });
});

describe('an account whose address nobody had shown to be theirs', () => {
  const provider = 'sandbox';
  /** Good for whoever is known by it: it makes no account. */
  const idTokenOf = (sub: string) => sandbox.server.tokens.make({ claims: { sub, email: `${sub}@outside.example`, email_verified: false } });

  /** Somebody who has registered an address, their own or another's, and has every way in that there is. */
  async function withEveryWayIn() {
    const registered = await Protected.withPassword(identity);
    const { caller } = registered;
    const device = new SoftwareAuthenticator();
    const { options } = answer(await identity.passkeys.options(caller, { password }));
    answer(await identity.passkeys.add(caller, { name: 'A key', credential: device.create(options) }));
    answer(await identity.links.link(caller, { provider, proof: { idToken: await idTokenOf(caller.personId) }, password }));
    const { key } = answer(await identity.apiKeys.create(caller, { name: 'A program', scopes: ['identity:read'], expiresInDays: 30, password }));
    const ways = async () => ({
      passkey: await identity.passkeySignIns.signIn({ credential: device.get((await identity.passkeySignIns.options()).options) }),
      provider: await identity.outside.signIn({ provider, idToken: await idTokenOf(caller.personId) }),
      program: await identity.keyExchange.exchange({ key }),
    });
    return { registered, email: registered.session.person.email, ways };
  }
  const open = async (ways: () => Promise<object>) => Object.entries(await ways()).flatMap(([way, outcome]) => (isRefusal(outcome) ? [] : [way]));
  const saidOf = async ({ caller }: Protected) => (await database.events()).filter(({ data }) => data['userId'] === caller.personId);

  it('is of whoever resets its password by mail: nothing signs in any more that whoever registered it had', async () => {
    const { registered, email, ways } = await withEveryWayIn();
    expect(await open(ways)).toEqual(['passkey', 'provider', 'program']);
    const { length: before } = await saidOf(registered);
    answer(await identity.passwords.reset({ token: await tokenFor(email), newPassword }));

    expect(await open(ways)).toEqual([]);
    expect((await ways()).passkey).toEqual(PasskeyRefused());
    expect(answer(await identity.signIns.signIn({ email, password: newPassword })).person).toMatchObject({ id: registered.caller.personId, emailVerified: true });

    const said = (await saidOf(registered)).slice(before);
    expect(said.map(({ type, data }) => [type, data['way'] ?? null]).toSorted()).toMatchObject([
      ['apikey.revoked', null], ['session.revoked', null], ['session.revoked', null], ['session.revoked', null], ['session.revoked', null],
      ['user.email_verified', null], ['user.password_changed', null], ['user.ways_in_changed', 'passkey'], ['user.ways_in_changed', 'provider'],
    ]);
    const ofAccount = said.filter(({ aggregate }) => aggregate === registered.caller.personId);
    expect(ofAccount.map(({ version }) => version - ofAccount[0]!.version)).toEqual([0, 1, 2, 3]);
    const [noted] = answer(await identity.audit.mine(registered.caller, { what: 'password_reset', limit: 10 })).items;
    expect(noted).toMatchObject({ details: { ended: 3, passkeys: 1, providers: [provider], apiKeys: 1, codes: false } });
  });

  it('asks for no codes that whoever resets its password never had', async () => {
    const squatted = await Protected.withCodes(identity);
    const { email } = squatted.session.person;
    answer(await identity.passwords.reset({ token: await tokenFor(email), newPassword }));
    answer(await identity.signIns.signIn({ email, password: newPassword }));
    expect((await saidOf(squatted)).filter(({ type }) => type === 'user.second_factor_changed').map(({ data }) => data['change'])).toEqual(['on', 'off']);
    expect(answer(await identity.audit.mine(squatted.caller, { what: 'password_reset', limit: 10 })).items).toMatchObject([{ details: { codes: true } }]);
  });

  it('asks for none either by a secret that was waiting to be confirmed', async () => {
    const squatted = await Protected.withPassword(identity);
    await squatted.begins();
    answer(await identity.passwords.reset({ token: await tokenFor(squatted.session.person.email), newPassword }));
    expect(await identity.secondFactors.confirm(squatted.caller, { code: squatted.nextCode() })).toEqual(SecondFactorOff());
  });

  it('keeps all of it where its address was verified before', async () => {
    const { registered, email, ways } = await withEveryWayIn();
    const [row] = await database.db.query<{ id: string }>(`SELECT id FROM verification WHERE email = $1 AND purpose = 'verify_email'`, [email]);
    const mail = await identity.mails.due({ about: 'verification', id: row!.id });
    answer(await identity.verifications.verifyEmail({ token: mail.needed ? mail.token! : '' }));
    await registered.begins();
    answer(await identity.secondFactors.confirm(registered.caller, { code: registered.nextCode() }));
    expect(answer(await identity.passwords.reset({ token: await tokenFor(email), newPassword }))).toEqual({ ended: 1 });

    const { provider: vouched, ...others } = await ways();
    expect(Object.values(others).filter(isRefusal)).toEqual([]);
    expect(vouched).toMatchObject({ code: 'identity.second_factor_needed' });
    expect(await registered.signsIn(newPassword)).toMatchObject({ code: 'identity.second_factor_needed' });
  });
});
