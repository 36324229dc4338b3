import { createHmac } from 'node:crypto';
import { isRefusal } from '@mela/contracts';
import { exportJWK, generateKeyPair, SignJWT, type JSONWebKeySet } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, ISSUER, TOKEN_TYPE, TokenVerifier } from './tokens.ts';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;
let ours: Keys;
let theirs: Keys;
let set: JSONWebKeySet;

beforeAll(async () => {
  [ours, theirs] = await Promise.all([generateKeyPair('Ed25519', { extractable: true }), generateKeyPair('Ed25519')]);
  set = { keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'now', alg: 'Ed25519' }] };
});

const NOW = Date.UTC(2026, 0, 1);
const seconds = NOW / 1000;

interface Wishes {
  header?: Record<string, unknown>;
  claims?: Record<string, unknown>;
  key?: Keys['privateKey'];
}

const sign = ({ header, claims, key }: Wishes = {}) =>
  new SignJWT({ sub: 'asha', sid: 's1', iss: ISSUER, aud: AUDIENCE, iat: seconds, exp: seconds + 60, ...claims })
    .setProtectedHeader({ alg: 'Ed25519', kid: 'now', typ: TOKEN_TYPE, ...header })
    .sign(key ?? ours.privateKey);

const unsigned = (header: object, signature: (text: string) => string) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part(header)}.${part({ sub: 'asha', sid: 's1', iss: ISSUER, aud: AUDIENCE, iat: seconds, exp: seconds + 60 })}`;
  return `${text}.${signature(text)}`;
};

describe('an access token', () => {
  const verifier = () => new TokenVerifier(async () => set, () => NOW);

  it('that is ours names its person and session', async () => {
    expect(await verifier().verify(await sign())).toEqual({ caller: { personId: 'asha', sessionId: 's1', role: 'member' }, expiresAt: NOW + 60_000, kid: 'now' });
  });

  it('names who looks through that person’s eyes, where somebody does', async () => {
    expect(await verifier().verify(await sign({ claims: { act: { sub: 'mira' } } }))).toMatchObject({ caller: { personId: 'asha', actor: 'mira' } });
  });

  it('names the API key that it was given for, and what that may do', async () => {
    expect(await verifier().verify(await sign({ claims: { client_id: 'k1', scope: 'notes:read notes:write' } }))).toMatchObject({ caller: { key: { id: 'k1', scopes: ['notes:read', 'notes:write'] } } });
    // One that says half of it may do nothing.
    for (const claims of [{ client_id: 'k1' }, { client_id: 'k1', scope: ['notes:read'] }]) expect(await verifier().verify(await sign({ claims }))).toMatchObject({ caller: { key: { id: 'k1', scopes: [] } } });
  });

  it.each([['admin', 'admin'], ['super_admin', 'super_admin'], ['emperor', 'member'], [undefined, 'member'], [7, 'member']])('whose role is %s makes its bearer a %s', async (role, known) => {
    expect(await verifier().verify(await sign({ claims: { role } }))).toMatchObject({ caller: { role: known } });
  });

  it('whose session has ended is refused, also when it was taken before', async () => {
    const ended = new Set<string>();
    const minded = new TokenVerifier(async () => set, () => NOW, ended);
    const token = await sign();
    expect(await minded.verify(token)).toMatchObject({ caller: { sessionId: 's1' } });
    ended.add('s1');
    expect(await minded.verify(token)).toMatchObject({ status: 401, code: 'auth.invalid_token', detail: 'Its session has ended' });
  });

  it('whose key is gone is refused, also when it was taken before', async () => {
    const minded = verifier();
    const token = await sign();
    const taken = await minded.verify(token);
    if (isRefusal(taken)) throw new Error(taken.code);
    expect(minded.isGood({ kid: taken.kid, sessionId: 's1' })).toBe(true);
    minded.keys.withdraw('now');
    expect(await minded.verify(token)).toMatchObject({ status: 401, code: 'auth.invalid_token' });
    expect(minded.isGood({ kid: taken.kid, sessionId: 's1' })).toBe(false);
  });

  it('whose key is withdrawn while it is verified is refused', async () => {
    const minded = verifier();
    await minded.keys.finder();
    const verifying = minded.verify(await sign());
    minded.keys.withdraw('now');
    expect(await verifying).toMatchObject({ status: 401, code: 'auth.invalid_token' });
  });

  it.each<[string, () => Promise<string> | string]>([
    ['is signed by nobody', () => unsigned({ alg: 'none', typ: TOKEN_TYPE }, () => '')],
    ['is signed with the public key as a secret', () => unsigned({ alg: 'HS256', kid: 'now', typ: TOKEN_TYPE }, (text) => createHmac('sha256', JSON.stringify(set.keys[0])).update(text).digest('base64url'))],
    ['is signed by somebody else', () => sign({ key: theirs.privateKey })],
    ['brings its own key', async () => sign({ key: theirs.privateKey, header: { jwk: await exportJWK(theirs.publicKey) } })],
    ['says where its key is', () => sign({ key: theirs.privateKey, header: { jku: 'https://example.org/keys', kid: 'other' } })],
    ['is for somebody else', () => sign({ claims: { aud: 'another' } })],
    ['comes from somebody else', () => sign({ claims: { iss: 'another' } })],
    ['has expired', () => sign({ claims: { exp: seconds - 1 } })],
    ['is not valid yet', () => sign({ claims: { nbf: seconds + 600 } })],
    ['is an ID token', () => sign({ header: { typ: 'JWT' } })],
    ['names no key', () => sign({ header: { kid: undefined } })],
    ['has no session', () => sign({ claims: { sid: undefined } })],
    ['is no token at all', () => 'a.b.c'],
  ])('that %s is refused', async (_what, token) => {
    expect(await verifier().verify(await token())).toMatchObject({ status: 401, code: 'auth.invalid_token' });
  });

  it('is forgotten when it expires', async () => {
    let now = NOW;
    const verifier = new TokenVerifier(async () => set, () => now);
    const token = await sign();
    expect(isRefusal(await verifier.verify(token))).toBe(false);
    now += 61_000;
    expect(await verifier.verify(token)).toMatchObject({ code: 'auth.invalid_token' });
  });
});

describe('the keys', () => {
  it('are fetched once for a thousand tokens of unknown keys, and again after a while', async () => {
    let now = NOW;
    let fetches = 0;
    const verifier = new TokenVerifier(async () => (fetches++, set), () => now);
    await verifier.verify(await sign());
    const foreign = await Promise.all(Array.from({ length: 1_000 }, (_, n) => sign({ header: { kid: `unknown-${n}` } })));
    for (const token of foreign) expect(isRefusal(await verifier.verify(token))).toBe(true);
    expect(fetches).toBe(1);
    now += 11_000;
    await verifier.verify(await sign({ header: { kid: 'unknown' }, claims: { exp: seconds + 600 } }));
    expect(fetches).toBe(2);
  });

  it('that cannot be had make it 503, not 401, until they can', async () => {
    let away = true;
    const verifier = new TokenVerifier(async () => (away ? undefined : set), () => NOW);
    const token = await sign();
    expect(await verifier.verify(token)).toMatchObject({ status: 503 });
    away = false;
    expect(isRefusal(await verifier.verify(token))).toBe(false);
  });

  it('may change: a token of the new key makes them be fetched', async () => {
    const next = await generateKeyPair('Ed25519');
    let current = set;
    let now = NOW;
    const verifier = new TokenVerifier(async () => current, () => now);
    await verifier.verify(await sign());
    current = { keys: [...set.keys, { ...(await exportJWK(next.publicKey)), kid: 'next', alg: 'Ed25519' }] };
    now += 11_000;
    expect(isRefusal(await verifier.verify(await sign({ key: next.privateKey, header: { kid: 'next' } })))).toBe(false);
  });
});
