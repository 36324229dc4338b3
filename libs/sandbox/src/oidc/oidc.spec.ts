import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOidcSandbox, sandboxClients, type OidcSandbox } from './open-oidc.ts';
import { pickAccount } from './browser.ts';

const REDIRECT = 'http://localhost:3000/signed-in';
const MOBILE = sandboxClients.mobile.redirectUris[0];

let sandbox: OidcSandbox;
beforeAll(async () => {
  sandbox = await openOidcSandbox({ env: {}, redirectUris: [REDIRECT] });
});
afterAll(() => sandbox?.stop());

const discovered = (id: string, secret?: string) => client.discovery(new URL(sandbox.address), id, secret, secret === undefined ? client.None() : undefined, { execute: [client.allowInsecureRequests] });

async function begun(configuration: client.Configuration, changes: Record<string, string | undefined> = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const wanted = { redirect_uri: REDIRECT, scope: 'openid email profile', state, nonce, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...changes };
  const parameters = Object.fromEntries(Object.entries(wanted).filter((pair): pair is [string, string] => pair[1] !== undefined));
  return { url: client.buildAuthorizationUrl(configuration, parameters), checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true } };
}

describe('signing in at the provider, with a client that others wrote', () => {
  it.each([['a web page', sandboxClients.web.id, sandboxClients.web.secret, REDIRECT], ['a telephone', sandboxClients.mobile.id, undefined, MOBILE]])(
    'gives %s an ID token of whoever was typed',
    async (_whom, id, secret, redirect) => {
      const configuration = await discovered(id, secret);
      client.enableNonRepudiationChecks(configuration);
      const { url, checks } = await begun(configuration, { redirect_uri: redirect });
      const back = await pickAccount(url, { email: 'asha@outside.example', name: 'Asha Rao' });
      expect(back.href.startsWith(`${redirect}?`)).toBe(true);
      const claims = (await client.authorizationCodeGrant(configuration, back, checks)).claims()!;
      expect(claims).toMatchObject({ iss: sandbox.address, aud: id, email: 'asha@outside.example', email_verified: true, name: 'Asha Rao' });
      await expect(client.authorizationCodeGrant(configuration, back, checks)).rejects.toMatchObject({ error: 'invalid_grant' });
    },
  );

  it('is over when they do not want to', async () => {
    const { url } = await begun(await discovered(sandboxClients.web.id, sandboxClients.web.secret));
    expect((await pickAccount(url, { deny: 'yes' })).searchParams.get('error')).toBe('access_denied');
  });

  it('does not begin for an address that begins or ends as the right one does', async () => {
    const configuration = await discovered(sandboxClients.web.id, sandboxClients.web.secret);
    for (const redirect of [`${REDIRECT}/more`, `${REDIRECT}?more`, `${REDIRECT}.evil.example`, 'http://localhost:3000', 'http://localhost:3000@evil.example/signed-in']) {
      const { url } = await begun(configuration, { redirect_uri: redirect });
      expect([redirect, (await fetch(url, { redirect: 'manual' })).status]).toEqual([redirect, 400]);
    }
  });

  it.each([
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with one in plain', { code_challenge_method: 'plain' }],
    ['with one of no named kind', { code_challenge_method: undefined }],
  ])('does not begin %s', async (_how, changes) => {
    const { url } = await begun(await discovered(sandboxClients.web.id, sandboxClients.web.secret), changes);
    const answer = await fetch(url, { redirect: 'manual' });
    expect(new URL(answer.headers.get('location')!).searchParams.get('error')).toBe('invalid_request');
  });

  it('gives nothing for a code to whoever has another verifier, or another state', async () => {
    const configuration = await discovered(sandboxClients.web.id, sandboxClients.web.secret);
    const { url, checks } = await begun(configuration);
    const back = await pickAccount(url, { email: 'asha@outside.example' });
    await expect(client.authorizationCodeGrant(configuration, back, { ...checks, expectedState: 'another' })).rejects.toThrow();
    await expect(client.authorizationCodeGrant(configuration, back, { ...checks, pkceCodeVerifier: client.randomPKCECodeVerifier() })).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

describe('accounts', () => {
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(new URL(path, sandbox.address), { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });

  it('are made by a request, and picked by their subject', async () => {
    const account = { sub: 'ravi-1', email: 'ravi@outside.example', email_verified: false, name: 'Ravi' };
    expect(await (await post('/accounts', account)).json()).toEqual(account);
    const configuration = await discovered(sandboxClients.web.id, sandboxClients.web.secret);
    const { url, checks } = await begun(configuration);
    const claims = (await client.authorizationCodeGrant(configuration, await pickAccount(url, { sub: 'ravi-1' }), checks)).claims()!;
    expect(claims).toMatchObject(account);
  });

  it('are not made by a page of another origin, nor out of what is no address', async () => {
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' }, body: 'email=a@b.example' };
    expect((await fetch(new URL('/accounts', sandbox.address), form)).status).toBe(400);
    expect((await post('/accounts', { email: 'nothing like one' })).status).toBe(400);
  });
});

it('what is told of people is text, and the pages run nothing', async () => {
  sandbox.server.accounts.put({ email: 'x@outside.example', name: '<script>alert(1)</script>' });
  const page = await fetch(sandbox.address);
  expect(await page.text()).toContain('&lt;script&gt;');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
});

it('in production there is none', async () => {
  await expect(openOidcSandbox({ env: { MELA_ENV: 'production' } })).rejects.toThrow('IDENTITY_OIDC');
});
