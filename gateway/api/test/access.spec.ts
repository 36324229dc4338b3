import { createHmac, randomBytes } from 'node:crypto';
import { KeyWithdrawn } from '@mela/contracts';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterAll(() => ground?.close());

const mine = (authorization?: string) => fetch(`${gateway.address}/api/v1/mine`, { headers: authorization === undefined ? {} : { authorization } });
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const claims = () => ({ sub: 'ravi', sid: 's', iss: 'mela', aud: 'mela', iat: now(), exp: now() + 600 });

/** Of an attacker's own key, with these words of theirs in the header. */
async function theirs(words: (jwk: JWK) => object): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
  const input = `${encode({ alg: 'Ed25519', typ: 'at+jwt', ...words(await exportJWK(publicKey)) })}.${encode(claims())}`;
  return `${input}.${Buffer.from(await crypto.subtle.sign('Ed25519', privateKey, Buffer.from(input))).toString('base64url')}`;
}

async function refusedWith(token: string, code: string): Promise<void> {
  ground.seen.delete('mine');
  const response = await mine(`Bearer ${token}`);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code });
  expect(ground.seen.has('mine'), 'reached the service').toBe(false);
}

describe('an operation for people who are signed in', () => {
  it('reaches its service with a token of identity’s', async () => {
    expect((await mine(`Bearer ${await ground.token()}`)).status).toBe(200);
  });

  it('is refused without one, and told how to come back', async () => {
    for (const authorization of [undefined, 'Basic YTpi', 'Bearer', 'Bearer  a b']) {
      const response = await mine(authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toMatchObject({ code: 'auth.required' });
    }
  });

  it('is refused with a token that is not right, by name', async () => {
    const response = await mine('Bearer not.a.token');
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await response.json()).toMatchObject({ code: 'auth.invalid_token' });
  });

  it.each<[string, () => Promise<string>]>([
    ['that has expired', () => ground.token({ expiresIn: -1 })],
    ['that is not valid yet', () => ground.token({ notBefore: 300 })],
    ['for somebody else', () => ground.token({ aud: 'elsewhere' })],
    ['from somebody else', () => ground.token({ iss: 'elsewhere' })],
    ['without a signature', async () => `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims())}.`],
    ['with a signature that is another’s', async () => `${(await ground.token()).split('.').slice(0, 2).join('.')}.${randomBytes(64).toString('base64url')}`],
    ['signed HS256 with the public key', async () => {
      const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${encode(claims())}`;
      const publicKey = (await importJWK(ground.publicJwk, 'Ed25519', { extractable: true })) as CryptoKey;
      return `${input}.${createHmac('sha256', await exportSPKI(publicKey)).update(input).digest('base64url')}`;
    }],
    ['that brings its own key', () => theirs((jwk) => ({ jwk }))],
    ['that brings its own key under the name of ours', () => theirs((jwk) => ({ kid: 'k1', jwk: { ...jwk, kid: 'k1' } }))],
    ['that says where its key is', () => theirs(() => ({ jku: 'https://evil.example/keys' }))],
    ['that says where our key is', () => theirs(() => ({ kid: 'k1', jku: 'https://evil.example/keys', x5u: 'https://evil.example/chain' }))],
    ['that asks for more than is understood', () => theirs(() => ({ kid: 'k1', crit: ['x'], x: 1 }))],
    ['that names no key', async () => new SignJWT(claims()).setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt' }).sign(ground.signingKey)],
    ['that was made for another use', async () => new SignJWT(claims()).setProtectedHeader({ alg: 'Ed25519', kid: 'k1', typ: 'JWT' }).sign(ground.signingKey)],
  ])('is refused with a token %s', async (_what, make) => {
    await refusedWith(await make(), 'auth.invalid_token');
  });

  it('asks identity once, however many tokens name a key that nobody has', async () => {
    const own = await ground.gateway();
    const asked = ground.jwksAsked;
    const { privateKey } = await generateKeyPair('Ed25519');
    const tokens = await Promise.all(Array.from({ length: 1_000 }, (_, n) => new SignJWT(claims()).setProtectedHeader({ alg: 'Ed25519', kid: `k${n + 10}`, typ: 'at+jwt' }).sign(privateKey)));
    const codes = await Promise.all(tokens.map(async (token) => {
      const answer = await fetch(`${own.address}/api/v1/mine`, { headers: { authorization: `Bearer ${token}` } });
      return `${answer.status} ${((await answer.json()) as { code: string }).code}`;
    }));
    expect(new Set(codes)).toEqual(new Set(['401 auth.invalid_token']));
    expect(ground.jwksAsked - asked).toBe(1);
  });

  it('is refused with a token of a key that was withdrawn, though it was taken a moment ago', async () => {
    const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
    ground.otherKeys.push({ ...(await exportJWK(publicKey)), kid: 'leaked', alg: 'Ed25519', use: 'sig' });
    const own = await ground.gateway();
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: 'Ed25519', kid: 'leaked', typ: 'at+jwt' }).sign(privateKey);
    const ask = async (shown: string) => (await fetch(`${own.address}/api/v1/mine`, { headers: { authorization: `Bearer ${shown}` } })).status;
    expect(await ask(token)).toBe(200);
    // Though identity would publish it for ever.
    await ground.say(KeyWithdrawn, { kid: 'leaked' });
    await vi.waitFor(async () => expect(await ask(token)).toBe(401), { timeout: 1_000, interval: 10 });
    expect(await ask(await ground.token())).toBe(200);
    ground.otherKeys.length = 0;
  });
});

describe('an operation for anyone', () => {
  it('needs no token, and verifies one that is sent', async () => {
    const read = (headers: Record<string, string>) => fetch(`${gateway.address}/api/v1/shelves/1/books`, { headers });
    expect((await read({})).status).toBe(200);
    expect((await read({ authorization: `Bearer ${await ground.token()}` })).status).toBe(200);
    expect((await read({ authorization: `Bearer ${await ground.token({ expiresIn: -1 })}` })).status).toBe(401);
  });
});

describe('a secret', () => {
  it('stands in no line of the log', async () => {
    const token = await ground.token();
    await mine(`Bearer ${token}`);
    await fetch(`${gateway.address}/api/v1/notes?canary=CANARY`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{"text":"CANARY"}' });
    const log = JSON.stringify(gateway.lines);
    expect(log).not.toContain('CANARY');
    expect(log).not.toContain(token.slice(0, 40));
  });
});
