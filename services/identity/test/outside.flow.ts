import { createHash } from 'node:crypto';
import { identity, type Ask, type OutsideFlow, type Session } from '@mela/contracts';
import { pickAccount, type TokenOrder } from '@mela/sandbox';
import { askOperation, letterTo, openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { forged, REDIRECT, type Begun } from './outside.fixture.ts';
import { pkce } from './pkce.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

const someoneElsewhere = () => {
  const sub = crypto.randomUUID();
  return { sub, email: `${sub}@outside.example`, email_verified: true, name: 'Asha Rao' };
};
const post = (path: string, body: unknown) => fetch(new URL(path, world.addresses.oidc), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const tokenOf = async (order: TokenOrder): Promise<string> => ((await (await post('/id-tokens', order)).json()) as { idToken: string }).idToken;

const send = (input: Omit<Ask<typeof identity.signInOutside>, 'provider'>) => sendOperation(world.addresses.api, identity.signInOutside, { provider: 'sandbox', ...input });
const problemOf = async (sent: Promise<Response>) => {
  const { status, code } = (await (await sent).json()) as { status: number; code: string };
  return { status, code };
};

describe('an app that has an ID token', () => {
  it('signs somebody in who is new, and in again', async () => {
    const claims = someoneElsewhere();
    const ask = async () => askOperation(world.addresses.api, identity.signInOutside, { provider: 'sandbox', idToken: await tokenOf({ claims }), device: 'Asha’s phone' });
    const first = await ask();
    expect(first.person).toMatchObject({ email: claims.email, name: 'Asha Rao' });
    expect((await ask()).person).toEqual(first.person);
    expect(await askOperation(world.addresses.api, identity.me, {}, { token: first.accessToken })).toEqual(first.person);
    expect((await askOperation(world.addresses.api, identity.refresh, { refreshToken: first.refreshToken })).person).toEqual(first.person);
  });

  it('of a web page gets cookies where it asks for them', async () => {
    const response = await sendOperation(world.addresses.api, identity.signInOutside, { provider: 'sandbox', idToken: await tokenOf({ claims: someoneElsewhere() }) }, { headers: { 'mela-session': 'cookie' } });
    expect(Object.keys((await response.json()) as object).sort()).toEqual(['expiresAt', 'person']);
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  it('makes one account of fifty who come at once', async () => {
    const idToken = await tokenOf({ claims: someoneElsewhere() });
    const sessions = await Promise.all(Array.from({ length: 50 }, () => askOperation(world.addresses.api, identity.signInOutside, { provider: 'sandbox', idToken })));
    expect(new Set(sessions.map(({ person }) => person.id)).size).toBe(1);
  });

  it.each(forged)('is turned away where it %s', async (_how, { claims, ...order }) => {
    const idToken = await tokenOf({ claims: { ...someoneElsewhere(), ...claims }, ...order });
    expect(await problemOf(send({ idToken }))).toEqual({ status: 401, code: 'identity.outside_token_refused' });
  });

  it('is turned away with another nonce than its own, and with a provider that nobody named', async () => {
    const idToken = await tokenOf({ claims: { ...someoneElsewhere(), nonce: 'theirs' } });
    expect(await problemOf(send({ idToken, nonce: 'mine' }))).toEqual({ status: 401, code: 'identity.outside_token_refused' });
    expect(await problemOf(sendOperation(world.addresses.api, identity.signInOutside, { provider: 'nobody', idToken }))).toEqual({ status: 404, code: 'identity.outside_unknown' });
  });

  it('gets nowhere with it in the place of an access token', async () => {
    const claims = { ...someoneElsewhere(), sid: crypto.randomUUID() };
    const ours = { ...claims, iss: 'mela', aud: 'mela' };
    for (const order of [{ claims }, { claims: ours }, { claims: ours, typ: 'at+jwt' }])
      expect(await problemOf(sendOperation(world.addresses.api, identity.me, {}, { token: await tokenOf(order) }))).toEqual({ status: 401, code: 'auth.invalid_token' });
  });

  it('never gets into an account by its address alone, verified or not', async () => {
    const asha = await world.someone('Asha');
    const claims = { ...someoneElsewhere(), email: asha.email.toUpperCase() };
    const taken = await send({ idToken: await tokenOf({ claims }) });
    expect(await taken.json()).toMatchObject({ status: 409, code: 'identity.email_taken', hint: expect.stringContaining('link') });
    expect(await problemOf(send({ idToken: await tokenOf({ claims: { ...claims, email_verified: false } }) }))).toEqual({ status: 403, code: 'identity.outside_email_unverified' });
  });
});

const beginWith = (input: Record<string, unknown>) => sendOperation(world.addresses.api, identity.beginOutside, { provider: 'sandbox', redirectUri: REDIRECT, ...input } as Ask<typeof identity.beginOutside>);
const begun = async (): Promise<Begun> => {
  const { codeVerifier, challenge } = pkce();
  return { ...((await (await beginWith(challenge)).json()) as OutsideFlow), codeVerifier };
};
const comeBack = async ({ url, state, codeVerifier }: Begun, email = someoneElsewhere().email) => {
  const { searchParams } = await pickAccount(new URL(url), { email, name: 'Asha Rao' });
  return { provider: 'sandbox', state, codeVerifier, code: searchParams.get('code')!, iss: searchParams.get('iss')! };
};
const finish = (input: Ask<typeof identity.finishOutside>, headers: Record<string, string> = {}) => sendOperation(world.addresses.api, identity.finishOutside, input, { headers });
const overWith = { status: 401, code: 'identity.outside_flow_refused' };

describe('a page that sends people to a provider', () => {
  it('has them back signed in, and the same person the next time', async () => {
    const { email } = someoneElsewhere();
    const first = (await (await finish(await comeBack(await begun(), email))).json()) as Session;
    expect(first).toMatchObject({ person: { email, name: 'Asha Rao' }, accessToken: expect.any(String), refreshToken: expect.any(String) });
    expect(await (await finish(await comeBack(await begun(), email))).json()).toMatchObject({ person: first.person });
  });

  it('may have the session in cookies', async () => {
    const answer = await finish(await comeBack(await begun()), { 'mela-session': 'cookie' });
    expect([answer.status, answer.headers.getSetCookie().length]).toEqual([200, 2]);
  });

  it('has nobody back twice: of fifty at once one is signed in', async () => {
    const input = await comeBack(await begun());
    const answers = await Promise.all(Array.from({ length: 50 }, () => finish(input)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 49 }, () => 401)]);
    expect(await problemOf(finish(input))).toEqual(overWith);
  });

  it('has nobody back with a code, a state or a verifier of another', async () => {
    const [mine, theirs] = [await comeBack(await begun()), await comeBack(await begun())];
    for (const changed of [{ codeVerifier: theirs.codeVerifier }, { state: theirs.state }, { code: theirs.code }]) expect(await problemOf(finish({ ...mine, ...changed }))).toEqual(overWith);
    const another = await begun();
    await finish(theirs);
    expect(await problemOf(finish({ ...theirs, state: another.state, codeVerifier: another.codeVerifier }))).toEqual(overWith);
  });

  it.each([`${REDIRECT}/`, `${REDIRECT}?x`, `${REDIRECT}.evil.example`, 'http://localhost:3000@evil.example/signed-in', 'https://evil.example/signed-in'])(
    'has nobody sent back to %s',
    async (redirectUri) => expect(await problemOf(beginWith({ redirectUri, ...pkce().challenge }))).toEqual({ status: 400, code: 'identity.redirect_refused' }),
  );

  const { codeVerifier, challenge: { codeChallenge } } = pkce();
  it.each<[string, Record<string, unknown>]>([
    ['without a challenge', {}],
    ['with a challenge of no named kind', { codeChallenge }],
    ['with a kind and no challenge', { codeChallengeMethod: 'S256' }],
    ['with a plain one', { codeChallenge: codeVerifier, codeChallengeMethod: 'plain' }],
    ['with what is no hash', { codeChallenge: 'short', codeChallengeMethod: 'S256' }],
  ])('sends nobody away %s', async (_how, input) => {
    expect(await problemOf(beginWith(input))).toEqual({ status: 400, code: 'request.invalid' });
  });

  it('has nobody back without the verifier, or with the challenge in its place', async () => {
    const { codeVerifier: kept, ...input } = await comeBack(await begun());
    const hash = createHash('sha256').update(kept).digest('base64url');
    expect(await problemOf(finish(input as Ask<typeof identity.finishOutside>))).toEqual({ status: 400, code: 'request.invalid' });
    expect(await problemOf(finish({ ...input, codeVerifier: hash }))).toEqual(overWith);
  });
});

describe('somebody who is signed in', () => {
  it('links a provider by its page or a token, is brought by it, and unlinks it', async () => {
    const asha = await world.someone('Asha');
    const { provider, ...page } = await comeBack(await begun());
    expect(await asha.isRefused(identity.linkOutside, { provider, proof: page })).toMatchObject({ status: 403, code: 'identity.wrong_password' });
    const linked = await asha.asks(identity.linkOutside, { provider, proof: page, password: asha.password });
    const claims = someoneElsewhere();
    const second = await asha.asks(identity.linkOutside, { provider, proof: { idToken: await tokenOf({ claims }) }, password: asha.password });
    expect((await asha.asks(identity.outsideLinks, {})).items.map(({ id }) => id)).toEqual([linked.id, second.id]);
    await letterTo(world.addresses.mailbox, asha.email, ({ subject }) => subject === 'Another way to sign in to your account');
    expect(await (await send({ idToken: await tokenOf({ claims }) })).json()).toMatchObject({ person: { id: asha.id } });
    await asha.asks(identity.unlinkOutside, { linkId: second.id });
    expect(await asha.asks(identity.outsideLinks, {})).toEqual({ items: [{ ...linked }], hasPassword: true });
    expect((await asha.asks(identity.audit, {})).items.map(({ what }) => what).filter((what) => what.startsWith('outside'))).toEqual(['outside_unlinked', 'outside_linked', 'outside_linked']);
  });

  it('and has no password deletes their account with their provider’s word of now, and not with another’s', async () => {
    const claims = someoneElsewhere();
    const { accessToken: token } = (await (await send({ idToken: await tokenOf({ claims }) })).json()) as Session;
    const go = async (of: typeof claims) =>
      sendOperation(world.addresses.api, identity.delete, { word: { provider: 'sandbox', proof: { idToken: await tokenOf({ claims: of }) } } }, { token });
    expect(await problemOf(go(someoneElsewhere()))).toEqual({ status: 403, code: 'identity.proof_refused' });
    expect((await go(claims)).status).toBe(200);
  });

  it('keeps their last way in until they have a password, and nobody else’s is theirs to take', async () => {
    const claims = someoneElsewhere();
    const idToken = await tokenOf({ claims });
    const { accessToken: token } = (await (await send({ idToken })).json()) as Session;
    const { items } = await askOperation(world.addresses.api, identity.outsideLinks, {}, { token });
    const unlink = (options: { token: string }) => sendOperation(world.addresses.api, identity.unlinkOutside, { linkId: items[0]!.id }, options);
    expect(await problemOf(unlink({ token }))).toEqual({ status: 409, code: 'identity.last_way_in' });
    expect(await problemOf(unlink({ token: (await world.someone('Ravi')).token }))).toEqual({ status: 404, code: 'identity.outside_link_unknown' });
    const setsOne = (shown: object) => sendOperation(world.addresses.api, identity.changePassword, { ...shown, newPassword: 'seven lamps beside a slow river' }, { token });
    expect(await problemOf(setsOne({}))).toEqual({ status: 403, code: 'identity.wrong_password' });
    expect((await setsOne({ word: { provider: 'sandbox', proof: { idToken } } })).status).toBe(200);
    expect((await unlink({ token })).status).toBe(200);
  });
});
