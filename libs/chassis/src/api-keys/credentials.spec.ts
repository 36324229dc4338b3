import { continueTrace, currentContext, within, type Asker } from '@mela/bus';
import { InvalidApiKey, isRefusal, Unavailable, type Refusal } from '@mela/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { RevokedSessions } from '../access/revoked-sessions.ts';
import { AUDIENCE, ISSUER, TOKEN_TYPE, TokenVerifier } from '../access/tokens.ts';
import { Credentials } from './credentials.ts';
import { KeyExchange } from './key-exchange.ts';
import { newApiKey } from './key-text.ts';

const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
const published = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'Ed25519' }] };
const ADDRESS = '192.0.2.7';
const [SECOND, MINUTE] = [1_000, 60_000];

const given = async (now: number, { seconds = 300, sid = 'secret-1' } = {}) => {
  const from = Math.floor(now / SECOND);
  const accessToken = await new SignJWT({ sid, client_id: 'key-1', scope: 'notes:read notes:write' })
    .setProtectedHeader({ alg: 'Ed25519', kid: 'one', typ: TOKEN_TYPE })
    .setSubject('asha').setIssuer(ISSUER).setAudience(AUDIENCE).setIssuedAt(from).setExpirationTime(from + seconds).sign(privateKey);
  return { accessToken, expiresAt: new Date((from + seconds) * SECOND).toISOString() };
};
type Answer = Awaited<ReturnType<typeof given>> | Refusal;

let clock: number;
/** How identity answers, and how often it was asked. */
let identity: () => Promise<Answer>;
let asked: number;
let revoked: RevokedSessions;
let credentials: Credentials;

beforeEach(() => {
  clock = Date.UTC(2026, 0, 1);
  identity = () => given(clock);
  asked = 0;
  const now = () => clock;
  revoked = new RevokedSessions(now);
  const asker = { ask: async () => (asked++, identity()) } as unknown as Pick<Asker, 'ask'>;
  credentials = new Credentials(new TokenVerifier(async () => published, now, revoked), new KeyExchange(asker, now));
});

const { text: key } = newApiKey();
const shows = (shown = key, address = ADDRESS) => credentials.recognise(shown, address);
const codeOf = async (shown?: string, address?: string) => {
  const outcome = await shows(shown, address);
  return isRefusal(outcome) ? outcome.code : 'known';
};

describe('whoever shows an API key', () => {
  it('is known by the token that it is exchanged for: its owner, which key, and what that may do', async () => {
    expect(await shows()).toMatchObject({ caller: { personId: 'asha', sessionId: 'secret-1', role: 'member', key: { id: 'key-1', scopes: ['notes:read', 'notes:write'] } } });
  });

  it('has it exchanged once, however many requests there are, at once and until its token is nearly over', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => shows()));
    expect(new Set(all.map((one) => (isRefusal(one) ? one.code : one.token))).size).toBe(1);
    clock += 3 * MINUTE;
    expect(await codeOf()).toBe('known');
    expect(asked).toBe(1);
  });

  it('waits for no next token: it is fetched while the one before works', async () => {
    const first = await shows();
    clock += 4 * MINUTE;
    const sent = Promise.withResolvers<Answer>();
    identity = () => sent.promise;
    expect(await shows()).toEqual(first);
    expect(asked).toBe(2);
    sent.resolve(await given(clock));
    await expect.poll(async () => (await shows()) as { token: string }).not.toMatchObject({ token: (first as { token: string }).token });
    expect(asked).toBe(2);
  });

  it('is asked for in nobody’s name, from where they are, and not in the time that they have left', async () => {
    let seen: object | undefined;
    identity = async () => ((seen = currentContext()), given(clock));
    const origin = { address: ADDRESS };
    await within({ traceparent: continueTrace(undefined), token: 'another', actor: 'ravi', deadline: 1, origin }, () => shows());
    expect(seen).toEqual({ traceparent: expect.any(String), origin });
  });
});

describe('while identity is away', () => {
  it('whoever came lately goes on, until their token has expired; whoever did not is told to come back', async () => {
    await shows();
    identity = async () => Unavailable();
    clock += 5 * MINUTE - SECOND;
    expect(await codeOf()).toBe('known');
    clock += SECOND;
    expect(await shows()).toMatchObject({ status: 503 });
    expect(await shows(newApiKey().text)).toMatchObject({ status: 503 });
    identity = () => given(clock);
    expect(await codeOf()).toBe('known');
  });

  it('a fault of the way there is nobody’s: the next one asks again', async () => {
    identity = async () => Promise.reject(new Error('broken'));
    await expect(shows()).rejects.toThrow('broken');
    identity = () => given(clock);
    expect(await codeOf()).toBe('known');
  });
});

describe('a key that was revoked', () => {
  it('is refused as soon as its end is heard of, though its token would hold', async () => {
    expect(await codeOf()).toBe('known');
    identity = async () => InvalidApiKey('It was revoked');
    revoked.note('secret-1');
    expect(await shows()).toMatchObject({ status: 401, code: 'auth.invalid_api_key', detail: 'It was revoked' });
  });

  it('is refused though the answer with its token was under way when that was heard', async () => {
    const late = await given(clock);
    identity = async () => (revoked.note('secret-1'), late);
    expect(await codeOf()).toBe('auth.invalid_token');
  });

  it('has identity asked once more where it is not it that ended, but what its token stood on', async () => {
    expect(await codeOf()).toBe('known');
    identity = () => given(clock, { sid: 'secret-2' });
    revoked.note('secret-1');
    expect(await Promise.all(Array.from({ length: 50 }, () => codeOf()))).toEqual(Array.from({ length: 50 }, () => 'known'));
    expect(asked).toBe(2);
  });
});

describe('a key that is none', () => {
  it('is told from a mistyped one without asking anybody', async () => {
    for (const mistyped of ['mela_', `${key.slice(0, -1)}_`, key.slice(0, -1)]) expect(await shows(mistyped)).toMatchObject({ code: 'auth.invalid_api_key', detail: expect.stringContaining('mistyped') });
    expect(asked).toBe(0);
  });

  it('is looked up once in a while, and not each time that it is shown', async () => {
    identity = async () => InvalidApiKey();
    await Promise.all(Array.from({ length: 1_000 }, () => codeOf()));
    clock += 29 * SECOND;
    expect(await codeOf()).toBe('auth.invalid_api_key');
    expect(asked).toBe(1);
    clock += SECOND;
    expect(await codeOf()).toBe('auth.invalid_api_key');
    expect(asked).toBe(2);
  });

  it('is looked up for nobody who tries one after the other, and for others still', async () => {
    identity = async () => InvalidApiKey();
    const codes = await Promise.all(Array.from({ length: 1_000 }, () => codeOf(newApiKey().text)));
    expect(codes.filter((code) => code === 'limit.exceeded')).toHaveLength(900);
    expect(asked).toBe(100);
    identity = () => given(clock);
    expect(await codeOf(newApiKey().text)).toBe('limit.exceeded');
    expect(await codeOf(newApiKey().text, '192.0.2.8')).toBe('known');
    clock += MINUTE;
    expect(await codeOf(newApiKey().text)).toBe('known');
  });
});

it('an access token is taken as it is, and a bad one asks nobody', async () => {
  const { accessToken } = await given(clock, { sid: 'own' });
  expect(await shows(accessToken)).toMatchObject({ token: accessToken, caller: { sessionId: 'own' } });
  expect(await codeOf('not.a.token')).toBe('auth.invalid_token');
  expect(asked).toBe(0);
});
