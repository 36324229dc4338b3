import {
  ApiKeyUnknown, CodeNeeded, EmailUnchanged, id, isRefusal, OutsideUnavailable, OutsideUnknown, ProofRefused, TooManyApiKeys, TooManyAttempts, TooManyPasskeys,
  UnknownScope, WeakPassword, WrongCode, WrongPassword,
} from '@mela/contracts';
import { pickAccount } from '@mela/sandbox';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { openProvider, REDIRECT } from '../../test/outside.fixture.ts';
import { password as passwordOfAll, Protected } from '../../test/second-factor.fixture.ts';
import { pkce } from '../../test/pkce.fixture.ts';

let database: ServiceDatabase;
let sandbox: Awaited<ReturnType<typeof openProvider>>;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  [database, sandbox] = await Promise.all([openIdentityDatabase(), openProvider()]);
  identity = await identityOn(database.db, { IDENTITY_OIDC: sandbox.IDENTITY_OIDC });
});
afterAll(() => Promise.all([database?.close(), sandbox?.stop()]));

const provider = 'sandbox';
const password = 'seven lamps beside a slow river';
const emailOf = (sub: string) => `${sub}@outside.example`;
const tokenOf = (sub: string, claims: Record<string, unknown> = {}) => sandbox.server.tokens.make({ claims: { sub, email: emailOf(sub), email_verified: true, ...claims } });
const wordOf = async (sub: string, claims?: Record<string, unknown>) => ({ word: { provider, proof: { idToken: await tokenOf(sub, claims) } } });
/** Somebody whom a provider brought, and who has no password. */
async function newcomer(sub: string) {
  const { person, accessToken } = answer(await identity.outside.signIn({ provider, idToken: await tokenOf(sub) }));
  const { sid } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
  return { personId: person.id, sessionId: sid, role: person.role };
}
const seconds = () => Math.floor(Date.now() / 1000);

describe('somebody without a password', () => {
  it('does with their provider’s word what others do with a password', async () => {
    const asha = await newcomer('asha');
    expect(await identity.passkeys.options(asha, { password: '' })).toMatchObject(WrongPassword());
    expect(answer(await identity.passkeys.options(asha, await wordOf('asha'))).options).toMatchObject({ user: { name: emailOf('asha') } });
    expect(await identity.changes.request(asha, { newEmail: 'asha@elsewhere.example', ...(await wordOf('asha')) })).toEqual({ accepted: true });
    expect(answer(await identity.departures.deactivate(asha, await wordOf('asha'))).deactivatedAt).toBeDefined();
  });

  it('does so at the provider’s page, once', async () => {
    const sub = crypto.randomUUID();
    sandbox.server.accounts.put({ sub, email: emailOf(sub) });
    const ravi = await newcomer(sub);
    const { codeVerifier, challenge } = pkce();
    const { url, state } = answer(await identity.flows.begin({ provider, redirectUri: REDIRECT, ...challenge }));
    const { searchParams } = await pickAccount(new URL(url), { sub });
    const word = { provider, proof: { state, codeVerifier, code: searchParams.get('code')!, iss: searchParams.get('iss')! } };
    expect(await identity.passwordChanges.change(ravi, { word, newPassword: 'password123' })).toMatchObject({ code: WeakPassword.code });
    expect(isRefusal(await identity.passkeys.options(ravi, { word }))).toBe(false);
    expect(await identity.passkeys.options(ravi, { word })).toMatchObject(ProofRefused());
  });

  it.each<[string, (sub: string) => ReturnType<typeof wordOf>]>([
    ['of another', () => wordOf('somebody-else')],
    ['for another client', (sub) => wordOf(sub, { aud: 'another' })],
    ['of six minutes ago', (sub) => wordOf(sub, { iat: seconds() - 360, exp: seconds() + 360 })],
    ['of an hour to come', (sub) => wordOf(sub, { iat: seconds() + 3_600, exp: seconds() + 7_200 })],
  ])('is not let go on by a word %s', async (_whose, make) => {
    const sub = crypto.randomUUID();
    const asha = await newcomer(sub);
    expect(await identity.departures.delete(asha, await make(sub))).toMatchObject(ProofRefused());
    expect(await identity.changes.request(asha, { newEmail: 'x@elsewhere.example', ...(await make(sub)) })).toMatchObject(ProofRefused());
    expect(await identity.passkeys.options(asha, await make(sub))).toMatchObject(ProofRefused());
    const noted = answer(await identity.audit.mine(asha, { what: 'proof_failed', limit: 100 })).items;
    expect(noted.map(({ who, about }) => [who, about])).toEqual(Array.from({ length: 3 }, () => [asha.personId, asha.personId]));
  });

  it('is told where nobody is called so, or where the provider is away', async () => {
    const sub = crypto.randomUUID();
    const asha = await newcomer(sub);
    const { word } = await wordOf(sub);
    expect(await identity.departures.delete(asha, { word: { ...word, provider: 'nobody' } })).toEqual(OutsideUnknown());
    const without = await identityOn(database.db, { IDENTITY_OIDC: [{ ...sandbox.IDENTITY_OIDC[0]!, issuer: 'http://127.0.0.1:1' }] });
    expect(await without.departures.delete(asha, { word })).toEqual(OutsideUnavailable());
  });
});

it('whoever has a password is asked for that, also where a provider would vouch for them', async () => {
  const asha = await newcomer('with-both');
  answer(await identity.passwordChanges.change(asha, { ...(await wordOf('with-both')), newPassword: password }));
  expect(await identity.departures.delete(asha, await wordOf('with-both'))).toMatchObject(WrongPassword());
  expect(answer(await identity.departures.delete(asha, { password })).dueAt).toBeDefined();
});

it('guesses at a password count as those of whoever signs in, under a key of theirs too, and the right one is forgiven them', async () => {
  const sub = crypto.randomUUID();
  const asha = await newcomer(sub);
  answer(await identity.passwordChanges.change(asha, { ...(await wordOf(sub)), newPassword: password }));
  const guess = () => database.db.transaction(async () => ({ outcome: await database.db.transaction(() => identity.departures.delete(asha, { password: 'a guess' })) }));
  for (let tries = 0; tries < 19; tries++) expect((await guess()).outcome).toMatchObject(WrongPassword());
  const noted = answer(await identity.audit.mine(asha, { what: 'proof_failed', limit: 100 })).items;
  expect(noted.map(({ who, about }) => [who, about])).toEqual(Array.from({ length: 19 }, () => [asha.personId, asha.personId]));
  expect(isRefusal(await identity.passkeys.options(asha, { password }))).toBe(false);
  for (let tries = 0; tries < 20; tries++) expect((await guess()).outcome).toMatchObject(WrongPassword());
  expect((await guess()).outcome).toMatchObject({ code: TooManyAttempts.code });
  expect(await identity.signIns.signIn({ email: emailOf(sub), password })).toMatchObject({ code: TooManyAttempts.code });
});

describe('somebody who is asked for codes when they sign in', () => {
  const ways = (asha: Protected, shown: object) => ({
    'another password': () => identity.passwordChanges.change(asha.caller, { password: passwordOfAll, newPassword: 'ferns under the bridge', ...shown }),
    'a passkey': () => identity.passkeys.options(asha.caller, { password: passwordOfAll, ...shown }),
    'an API key': () => identity.apiKeys.create(asha.caller, { name: 'x', scopes: ['identity:read'], expiresInDays: 1, password: passwordOfAll, ...shown }),
    'another address': () => identity.changes.request(asha.caller, { newEmail: 'elsewhere@example.org', password: passwordOfAll, ...shown }),
    'a provider': async () => identity.links.link(asha.caller, { provider, proof: { idToken: await tokenOf(asha.caller.personId) }, password: passwordOfAll, ...shown }),
    'the end of the account': () => identity.departures.delete(asha.caller, { password: passwordOfAll, ...shown }),
  });

  it.each(Object.keys(ways({} as Protected, {})))('shows one for %s, too', async (what) => {
    const asha = await Protected.withCodes(identity);
    const ask = (shown: object): Promise<unknown> => ways(asha, shown)[what as keyof ReturnType<typeof ways>]();
    expect(await ask({})).toMatchObject(CodeNeeded());
    expect(await ask({ code: '000000' })).toMatchObject(WrongCode());
    expect(await ask({ code: '123456', recoveryCode: asha.recoveryCodes[0] })).toMatchObject({ code: 'request.invalid' });
    expect(isRefusal(await ask({ code: asha.nextCode() }))).toBe(false);
  });

  it('may show a recovery code, once, and is asked for none after a wrong password', async () => {
    const asha = await Protected.withCodes(identity);
    const [recoveryCode] = asha.recoveryCodes;
    expect(await identity.passkeys.options(asha.caller, { password: 'not this one', recoveryCode })).toMatchObject(WrongPassword());
    expect(isRefusal(await identity.passkeys.options(asha.caller, { password: passwordOfAll, recoveryCode }))).toBe(false);
    expect(await identity.passkeys.options(asha.caller, { password: passwordOfAll, recoveryCode })).toMatchObject(WrongCode());
  });

  it('has a recovery code left of what is refused whatever they show', async () => {
    const asha = await Protected.withCodes(identity);
    const shown = { password: passwordOfAll, recoveryCode: asha.recoveryCodes[0] };
    const wish = { name: 'x', scopes: ['identity:read'], expiresInDays: 1, ...shown };
    const full = await identityOn(database.db, { IDENTITY_API_KEYS: 0 });
    await database.db.query(
      `INSERT INTO passkey (id, person_id, credential_id, public_key, counter, name, is_backed_up) SELECT gen_random_uuid(), $1, gen_random_uuid()::text, '', 0, 'A key', false FROM generate_series(1, 20)`,
      [asha.caller.personId],
    );
    expect(await identity.passkeys.options(asha.caller, shown)).toEqual(TooManyPasskeys());
    expect(await full.apiKeys.create(asha.caller, wish)).toEqual(TooManyApiKeys());
    expect(await identity.apiKeys.create(asha.caller, { ...wish, scopes: ['identity:own'] })).toMatchObject({ code: UnknownScope.code });
    expect(await identity.apiKeys.rotate(asha.caller, { keyId: id(9), ...shown })).toEqual(ApiKeyUnknown());
    expect(await identity.changes.request(asha.caller, { newEmail: asha.session.person.email.toUpperCase(), ...shown })).toEqual(EmailUnchanged());
    expect(await identity.passwordChanges.change(asha.caller, { newPassword: 'password123', ...shown })).toMatchObject({ code: WeakPassword.code });
    expect(isRefusal(await identity.apiKeys.create(asha.caller, wish))).toBe(false);
  });
});
