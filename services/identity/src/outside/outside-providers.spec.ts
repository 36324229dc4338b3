import { OutsideTokenRefused, OutsideUnavailable, OutsideUnknown } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { forged, openProvider } from '../../test/outside.fixture.ts';
import { OutsideProviders } from './outside-providers.ts';

let sandbox: Awaited<ReturnType<typeof openProvider>>;
let providers: OutsideProviders;
beforeAll(async () => {
  sandbox = await openProvider();
  providers = new OutsideProviders(sandbox.IDENTITY_OIDC);
});
afterAll(() => sandbox?.stop());

const honest = (claims: Record<string, unknown> = {}) => sandbox.server.tokens.make({ claims: { sub: 'asha', ...claims } });

describe('an ID token', () => {
  it('is taken for each of our clients, and says whom and by whose word', async () => {
    for (const aud of ['mela', 'mela-mobile', ['mela', 'mela-mobile']])
      expect(await providers.vouched('sandbox', await honest({ aud }), undefined)).toMatchObject({ provider: 'sandbox', issuer: sandbox.address, subject: 'asha' });
  });

  it.each(forged)('is refused where it %s', async (_how, { claims, ...order }) => {
    const token = await sandbox.server.tokens.make({ claims: { sub: 'asha', ...claims }, ...order });
    expect(await providers.vouched('sandbox', token, undefined)).toEqual(OutsideTokenRefused());
  });

  it('is refused where it is none', async () => {
    for (const text of ['x', 'a.b.c', '..', `${await honest()}x`]) expect(await providers.vouched('sandbox', text, undefined)).toEqual(OutsideTokenRefused());
  });

  it('has the nonce that the app chose, or is refused', async () => {
    const [mine, theirs, none] = await Promise.all([honest({ nonce: 'mine' }), honest({ nonce: 'theirs' }), honest()]);
    expect(await providers.vouched('sandbox', mine, 'mine')).toMatchObject({ subject: 'asha' });
    for (const token of [theirs, none]) expect(await providers.vouched('sandbox', token, 'mine')).toEqual(OutsideTokenRefused());
    const strict = new OutsideProviders(sandbox.IDENTITY_OIDC.map((settings) => ({ ...settings, requiresNonce: true })));
    expect(await strict.vouched('sandbox', none, undefined)).toEqual(OutsideTokenRefused());
  });

  it('of a provider that nobody named is of nobody', async () => {
    for (const name of ['google', '__proto__', '']) expect(await providers.vouched(name, await honest(), undefined)).toEqual(OutsideUnknown());
  });
});

it('a thousand tokens with keys that nobody knows make nobody ask for the keys a thousand times', async () => {
  await providers.vouched('sandbox', await honest(), undefined);
  const before = sandbox.server.timesAsked('/jwks');
  const [, payload, signature] = (await honest()).split('.');
  const unknown = (kid: number) => [Buffer.from(JSON.stringify({ alg: 'RS256', kid: `k${kid}` })).toString('base64url'), payload, signature].join('.');
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, kid) => providers.vouched('sandbox', unknown(kid), undefined)));
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set([JSON.stringify(OutsideTokenRefused())]));
  expect(sandbox.server.timesAsked('/jwks') - before).toBeLessThanOrEqual(1);
});

describe('an issuer that is away', () => {
  it('is said to be, is asked once for fifty who come at once, and is asked again when it is back', async () => {
    const far = await openProvider();
    const fresh = new OutsideProviders(far.IDENTITY_OIDC);
    const token = await far.server.tokens.make({ claims: { sub: 'asha' } });
    await far.stop();
    expect(await fresh.vouched('sandbox', token, undefined)).toEqual(OutsideUnavailable());
    await far.server.open();
    await vi.waitFor(async () => expect(await fresh.vouched('sandbox', token, undefined)).toMatchObject({ subject: 'asha' }), { timeout: 10_000, interval: 100 });
    const before = far.server.timesAsked('/.well-known/openid-configuration');
    const others = new OutsideProviders(far.IDENTITY_OIDC);
    await Promise.all(Array.from({ length: 50 }, () => others.vouched('sandbox', token, undefined)));
    expect(far.server.timesAsked('/.well-known/openid-configuration') - before).toBe(1);
    await far.stop();
  });

  it('is not missed by tokens while its keys are known', async () => {
    const far = await openProvider();
    const known = new OutsideProviders(far.IDENTITY_OIDC);
    const token = await far.server.tokens.make({ claims: { sub: 'asha' } });
    await known.vouched('sandbox', token, undefined);
    await far.stop();
    expect(await known.vouched('sandbox', token, undefined)).toMatchObject({ subject: 'asha' });
  });

  it('is away, too, where it is another than it says', async () => {
    const other = new OutsideProviders(sandbox.IDENTITY_OIDC.map((settings) => ({ ...settings, issuer: settings.issuer.replace('127.0.0.1', 'localhost') })));
    expect(await other.vouched('sandbox', await honest(), undefined)).toEqual(OutsideUnavailable());
  });
});
