import { randomUUID } from 'node:crypto';
import { header } from '@mela/bus';
import { newApiKey } from '@mela/chassis';
import { id, InvalidApiKey, SessionRevoked, Unavailable } from '@mela/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;
/** Another one each time: that one has ended is known for a day. */
let sid: string;

beforeAll(async () => (ground = await Ground.open()));
beforeEach(async () => {
  gateway = await ground.gateway();
  sid = randomUUID();
  ground.exchanges = 0;
  ground.exchange = async () => gives();
});
afterAll(() => ground?.close());

const gives = async () => {
  const expiresIn = 300;
  const accessToken = await ground.token({ sid, expiresIn, client_id: id(9), scope: 'shelf:read' });
  return jsonReply({ accessToken, expiresAt: new Date((Math.floor(Date.now() / 1000) + expiresIn) * 1000).toISOString() });
};
const mine = (key: string) => fetch(`${gateway.address}/api/v1/mine`, { headers: { authorization: `Bearer ${key}` } });
const codeOf = async (key: string) => {
  const response = await mine(key);
  return response.ok ? response.status : ((await response.json()) as { code: string }).code;
};

describe('an API key', () => {
  it('goes no further than the gateway: the service is shown the token that was given for it', async () => {
    const { text } = newApiKey();
    expect(await codeOf(text)).toBe(200);
    const shown = ground.seen.get('mine')!.headers(header.token)!;
    expect(JSON.parse(Buffer.from(shown.split('.')[1]!, 'base64url').toString())).toMatchObject({ sid, client_id: id(9), scope: 'shelf:read' });
    expect(JSON.stringify(gateway.lines)).not.toContain(text.slice(18));
    expect(gateway.lines).toContainEqual(expect.objectContaining({ apiKey: id(9) }));
  });

  it('is exchanged once for two hundred requests at once', async () => {
    const { text } = newApiKey();
    expect(new Set(await Promise.all(Array.from({ length: 200 }, () => codeOf(text))))).toEqual(new Set([200]));
    expect(ground.exchanges).toBe(1);
  });

  it('also shows who asks in each of a batch', async () => {
    const { text } = newApiKey();
    const requests = [{ path: '/api/v1/mine' }, { path: '/api/v1/shelves/1/books' }];
    const response = await fetch(`${gateway.address}/api/v1/batch`, {
      method: 'POST', headers: { authorization: `Bearer ${text}`, 'content-type': 'application/json' }, body: JSON.stringify({ requests }),
    });
    expect(JSON.stringify(await response.json())).not.toContain('auth.');
    expect(ground.exchanges).toBe(1);
  });

  it('that was revoked is refused within a second, though its token would hold', async () => {
    const { text } = newApiKey();
    expect(await codeOf(text)).toBe(200);
    ground.exchange = async () => ground.problem(InvalidApiKey('It was revoked'));
    await ground.say(SessionRevoked, { sessionId: sid, userId: id(1) });
    await vi.waitFor(async () => expect(await codeOf(text)).toBe('auth.invalid_api_key'), { timeout: 1_000, interval: 10 });
    const response = await mine(text);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('that is mistyped costs nobody a question; one that is none costs one', async () => {
    const { text } = newApiKey();
    ground.exchange = async () => ground.problem(InvalidApiKey());
    const last = text.endsWith('x') ? 'y' : 'x';
    expect(await codeOf(text.slice(0, -1) + last)).toBe('auth.invalid_api_key');
    expect(ground.exchanges).toBe(0);
    expect(new Set(await Promise.all(Array.from({ length: 200 }, () => codeOf(text))))).toEqual(new Set(['auth.invalid_api_key']));
    expect(ground.exchanges).toBe(1);
  });

  it('after key after key that is none, identity is asked no more', async () => {
    ground.exchange = async () => ground.problem(InvalidApiKey());
    const codes = await Promise.all(Array.from({ length: 300 }, () => codeOf(newApiKey().text)));
    expect(codes.filter((code) => code === 'limit.exceeded')).toHaveLength(200);
    expect(ground.exchanges).toBe(100);
  });

  it('goes on with its token while identity is away, and without one is told to come back', async () => {
    const { text } = newApiKey();
    expect(await codeOf(text)).toBe(200);
    ground.exchange = async () => ground.problem(Unavailable());
    expect(await codeOf(text)).toBe(200);
    const response = await mine(newApiKey().text);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
  });
});
