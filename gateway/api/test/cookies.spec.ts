import { header } from '@mela/bus';
import { InvalidToken, RefreshRefused, Unavailable, WrongPassword } from '@mela/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

const PAGE = 'https://app.example.org';
const IN_COOKIES = { 'mela-session': 'cookie', 'content-type': 'application/json' };

describe('a web page whose session lies in cookies', () => {
  let ground: Ground;
  let gateway: Gateway;
  let token: string;
  beforeAll(async () => {
    ground = await Ground.open();
    gateway = await ground.gateway({ CORS_ORIGINS: PAGE });
    token = await ground.token();
  });
  afterAll(() => ground.close());
  beforeEach(() => {
    const tokens = () => jsonReply({ accessToken: token, refreshToken: 'r-2', expiresAt: new Date(Date.now() + 600_000).toISOString(), person: { name: 'Asha' } });
    ground.answers.set('enter', tokens).set('stay', tokens).set('mine', () => jsonReply({ books: 2 })).set('exit', () => jsonReply({ ended: 1 }));
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${gateway.address}/api/v1${path}`, { method: 'POST', headers: { ...IN_COOKIES, ...headers }, body: JSON.stringify(body) });
  const mine = (headers: Record<string, string>) => fetch(`${gateway.address}/api/v1/mine`, { headers });
  const held = () => `__Host-mela-access=${token}; __Host-mela-refresh=r-1; theme=dark`;

  it('is given cookies that no script reads and no other site sends; its tokens are nowhere else', async () => {
    const response = await post('/enter', { name: 'Asha' });
    expect(await response.json()).toEqual({ expiresAt: expect.any(String), person: { name: 'Asha' } });
    const [access, refresh] = response.headers.getSetCookie();
    expect(access).toMatch(/^__Host-mela-access=\S+; Max-Age=(600|599); Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(refresh).toBe('__Host-mela-refresh=r-2; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Strict');
  });

  it('is known by them', async () => {
    const response = await mine({ 'mela-session': 'cookie', cookie: held(), origin: PAGE });
    expect([response.status, await response.json()]).toEqual([200, { books: 2 }]);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  it('goes on with the refresh token that it cannot read, and whoever is told that it is over holds nothing any more', async () => {
    const response = await post('/stay', undefined, { cookie: held() });
    expect(ground.seen.get('stay')!.body).toBe('{"refreshToken":"r-1"}');
    expect(response.headers.getSetCookie()).toHaveLength(2);
    ground.answers.set('stay', () => jsonReply({ code: 'identity.refresh_refused', status: 401, title: 'no' }, {}, 401));
    const over = await post('/stay', undefined, { cookie: held() });
    expect([over.status, over.headers.getSetCookie().map((cookie) => /^\S+=; Max-Age=0;/.test(cookie))]).toEqual([401, [true, true]]);
  });

  it('signs in and goes on though its access token is worth nothing any more', async () => {
    const cookie = '__Host-mela-access=worthless; __Host-mela-refresh=r-1';
    expect((await mine({ 'mela-session': 'cookie', cookie })).status).toBe(401);
    expect((await post('/enter', { name: 'Asha' }, { cookie })).status).toBe(200);
    expect((await post('/stay', undefined, { cookie })).status).toBe(200);
  });

  it('holds nothing after it has signed out', async () => {
    const response = await post('/exit', {}, { cookie: held() });
    expect([response.status, response.headers.getSetCookie().map((cookie) => cookie.split(';', 2).join())]).toEqual([
      200, ['__Host-mela-access=, Max-Age=0', '__Host-mela-refresh=, Max-Age=0'],
    ]);
  });

  describe('that signs out when its access token is over', () => {
    const spent = '__Host-mela-refresh=r-1';
    const setBy = (response: Response) => response.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]);
    const nothing = ['__Host-mela-access=', '__Host-mela-refresh='];

    it.each([spent, `__Host-mela-access=worthless; ${spent}`])('is known by its refresh token, is signed out and holds nothing: %s', async (cookie) => {
      const response = await post('/exit', {}, { cookie });
      expect([response.status, await response.json(), setBy(response)]).toEqual([200, { ended: 1 }, nothing]);
      expect(ground.seen.get('stay')!.body).toBe('{"refreshToken":"r-1"}');
      expect(ground.seen.get('exit')!.headers(header.token)).toBe(`Bearer ${token}`);
    });

    it('holds nothing either where its session was over, or a service says so', async () => {
      ground.answers.set('exit', () => ground.problem(InvalidToken()));
      const late = await post('/exit', {}, { cookie: held() });
      expect([late.status, setBy(late)]).toEqual([401, nothing]);
      ground.answers.set('stay', () => ground.problem(RefreshRefused()));
      const over = await post('/exit', {}, { cookie: spent });
      expect([over.status, await over.json(), setBy(over)]).toMatchObject([401, { code: 'identity.refresh_refused' }, nothing]);
      expect(setBy(await post('/exit', {}))).toEqual(nothing);
    });

    it('keeps what it holds while nobody can say so, and what it is given where it may not leave', async () => {
      ground.answers.set('exit', () => ground.problem(WrongPassword()));
      const refused = await post('/exit', {}, { cookie: spent });
      expect([refused.status, setBy(refused)]).toEqual([403, [`__Host-mela-access=${token}`, '__Host-mela-refresh=r-2']]);
      ground.answers.set('stay', () => ground.problem(Unavailable()));
      const away = await post('/exit', {}, { cookie: spent });
      expect([away.status, setBy(away)]).toEqual([503, []]);
    });

    it('is not helped by cookies where it sends a token itself, or comes from another site', async () => {
      ground.seen.delete('stay');
      for (const headers of [{ authorization: 'Bearer worthless' }, { origin: 'https://evil.example' }] as Record<string, string>[]) {
        const refused = await post('/exit', {}, { cookie: spent, ...headers });
        expect([refused.status, setBy(refused)]).toEqual([401, []]);
      }
      expect(ground.seen.has('stay')).toBe(false);
    });
  });

  it('may read several things at once', async () => {
    const response = await post('/batch', { requests: [{ path: '/api/v1/mine' }] }, { cookie: held(), origin: PAGE });
    expect(await response.json()).toMatchObject({ responses: [{ status: 200, body: { books: 2 } }] });
  });

  describe('is nobody', () => {
    it.each([
      ['by cookies alone, as another site’s form would send them', {}],
      ['from a page of another site', { 'mela-session': 'cookie', origin: 'https://evil.example' }],
      ['from a page without an origin that can be named', { 'mela-session': 'cookie', origin: 'null' }],
      ['when it asks for something else than cookies', { 'mela-session': 'cookies' }],
    ])('%s', async (_how, headers) => {
      expect((await mine({ cookie: held(), ...headers } as Record<string, string>)).status).toBe(401);
      const response = await fetch(`${gateway.address}/api/v1/stay`, { method: 'POST', headers: { 'content-type': 'application/json', cookie: held(), ...headers } as Record<string, string>, body: '{}' });
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(ground.seen.get('stay')!.body).toBe('{}');
    });
  });

  it('of another site is not even asked: its browser learns beforehand that it may not', async () => {
    const preflight = (origin: string) => fetch(`${gateway.address}/api/v1/exit`, {
      method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'mela-session' },
    });
    const [foreign, own] = [await preflight('https://evil.example'), await preflight(PAGE)];
    expect([foreign.headers.get('access-control-allow-origin'), foreign.headers.get('access-control-allow-headers')]).toEqual([null, null]);
    expect(own.headers.get('access-control-allow-headers')).toContain('Mela-Session');
  });

  it('does without: whoever sends no wish for cookies is given tokens', async () => {
    const response = await fetch(`${gateway.address}/api/v1/enter`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"Asha"}' });
    expect([response.headers.getSetCookie(), await response.json()]).toMatchObject([[], { accessToken: token, refreshToken: 'r-2' }]);
  });
});
