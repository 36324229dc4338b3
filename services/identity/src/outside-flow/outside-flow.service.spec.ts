import { isRefusal, OutsideFlowRefused, OutsideTokenRefused, OutsideUnavailable, RedirectRefused, type Refusal } from '@mela/contracts';
import { pickAccount } from '@mela/sandbox';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { openProvider, REDIRECT, type Begun } from '../../test/outside.fixture.ts';
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
const begin = (redirectUri = REDIRECT) => identity.flows.begin({ provider, redirectUri, ...pkce().challenge });
async function begun(): Promise<Begun> {
  const { codeVerifier, challenge } = pkce();
  return { ...answer(await identity.flows.begin({ provider, redirectUri: REDIRECT, ...challenge })), codeVerifier };
}
async function cameBack({ url, state, codeVerifier }: Begun, email = `${crypto.randomUUID()}@outside.example`) {
  const { searchParams } = await pickAccount(new URL(url), { email });
  return { provider, state, codeVerifier, code: searchParams.get('code')!, iss: searchParams.get('iss')! };
}
const codeOf = (outcome: object): string => (isRefusal(outcome) ? outcome.code : 'signed in');

describe('a sign-in at a provider’s page', () => {
  it('ends in a session, once', async () => {
    const input = await cameBack(await begun());
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.flows.finish(input)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['signed in', OutsideFlowRefused.code]));
  });

  it('is ended by whoever began it alone, and with what it was begun with', async () => {
    const [mine, theirs] = [await begun(), await begun()];
    const input = await cameBack(mine);
    for (const changed of [{ codeVerifier: theirs.codeVerifier }, { state: theirs.state }, { codeVerifier: 'x' }, { provider: 'other' }])
      expect(await identity.flows.finish({ ...input, ...changed })).toMatchObject(OutsideFlowRefused());
    expect(codeOf(await identity.flows.finish(input))).toBe('signed in');
  });

  it('takes no code of another sign-in, none twice, and no answer of another issuer', async () => {
    const [mine, theirs] = [await cameBack(await begun()), await cameBack(await begun())];
    expect(await identity.flows.finish({ ...mine, code: theirs.code })).toMatchObject(OutsideFlowRefused());
    const another = await begun();
    expect(await identity.flows.finish({ ...theirs, state: another.state, codeVerifier: another.codeVerifier })).toMatchObject(OutsideFlowRefused());
    const input = await cameBack(await begun());
    expect(await identity.flows.finish({ ...input, iss: 'https://evil.example' })).toMatchObject(OutsideFlowRefused());
  });

  it('is used up by an answer that was refused, also within the transaction of a request that may be sent again', async () => {
    const input = await cameBack(await begun());
    const finish = (code: string) => database.db.transaction(() => identity.flows.finish({ ...input, code }));
    expect([codeOf(await finish('not the code')), codeOf(await finish(input.code))]).toEqual([OutsideFlowRefused.code, OutsideFlowRefused.code]);
  });

  it('is over after a quarter of an hour, and forgotten', async () => {
    const input = await cameBack(await begun());
    await database.db.query(`UPDATE outside_flow SET expires_at = now() - interval '1 second'`);
    expect(await identity.flows.finish(input)).toMatchObject(OutsideFlowRefused());
    await identity.flows.tidy();
    expect(await database.db.query('SELECT 1 FROM outside_flow')).toEqual([]);
  });

  it('leaves nothing behind that somebody could come back with', async () => {
    const { state, codeVerifier } = await begun();
    const [row] = await database.db.query<Record<string, unknown>>('SELECT * FROM outside_flow ORDER BY expires_at DESC LIMIT 1');
    for (const value of [state, codeVerifier]) expect(JSON.stringify(row)).not.toContain(value);
  });

  it.each([`${REDIRECT}/`, `${REDIRECT}/more`, `${REDIRECT}?x=1`, `${REDIRECT}#x`, REDIRECT.toUpperCase(), REDIRECT.slice(0, -1), `${REDIRECT}.evil.example`, 'http://localhost:3000@evil.example/signed-in', 'javascript:alert(1)', ''])(
    'does not begin for %s',
    async (redirectUri) => expect(await begin(redirectUri)).toEqual(RedirectRefused()),
  );

  it('asks for S256, a state and a nonce, and nothing in the settings turns that off', async () => {
    const other = await identityOn(database.db, { IDENTITY_OIDC: sandbox.IDENTITY_OIDC.map((settings) => ({ ...settings, parameters: { code_challenge_method: 'plain', prompt: 'login' } })) });
    const { searchParams } = new URL(answer(await other.flows.begin({ provider, redirectUri: REDIRECT, ...pkce().challenge })).url);
    expect(Object.fromEntries(searchParams)).toMatchObject({ code_challenge_method: 'S256', response_type: 'code', prompt: 'login', redirect_uri: REDIRECT, scope: 'openid email profile' });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)!.length).toBeGreaterThan(30);
  });

  it('says that the issuer is away, and is over then', async () => {
    const input = await cameBack(await begun());
    await sandbox.server.close();
    expect(await identity.flows.finish(input)).toMatchObject(OutsideUnavailable());
    await sandbox.server.open();
    expect(await identity.flows.finish(input)).toMatchObject(OutsideFlowRefused());
  });
});

it('an ID token that a page’s sign-in gave is nobody’s to bring as an app’s', async () => {
  const token = await sandbox.server.tokens.make({ claims: { sub: 'asha', nonce: 'of the page' } });
  const outcome: object | Refusal = await identity.outside.signIn({ provider, idToken: token });
  expect(outcome).toEqual(OutsideTokenRefused());
});
