import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

const OURS = 'https://app.example.org';
const FOREIGN = 'https://evil.example';

let ground: Ground;
let open: Gateway;
let closed: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  open = await ground.gateway({ CORS_ORIGINS: `${OURS}, http://localhost:3000` });
  closed = await ground.gateway();
});
afterAll(() => ground?.close());

const corsHeaders = (response: Response) => [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));
const read = (gateway: Gateway, origin: string) => fetch(`${gateway.address}/api/v1/shelves/1/books`, { headers: { origin } });
const preflight = (gateway: Gateway, origin: string) =>
  fetch(`${gateway.address}/api/v1/notes`, {
    method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type,idempotency-key' },
  });

describe('a page', () => {
  it('of ours may call, and read what an answer says of itself', async () => {
    const response = await read(open, OURS);
    expect(response.headers.get('access-control-allow-origin')).toBe(OURS);
    expect(response.headers.get('access-control-expose-headers')).toMatch(/Mela-Cursor.*Retry-After/);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
    expect(response.headers.get('vary')).toMatch(/origin/i);
  });

  it('of ours may send a command with a token and a key', async () => {
    const response = await preflight(open, OURS);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('POST');
    expect(response.headers.get('access-control-allow-headers')).toMatch(/Authorization.*Content-Type.*Idempotency-Key/);
  });

  it('of ours may read a refusal too', async () => {
    const response = await fetch(`${open.address}/api/v1/nowhere`, { headers: { origin: OURS } });
    expect(response.status).toBe(404);
    expect(response.headers.get('access-control-allow-origin')).toBe(OURS);
  });

  it('of somebody else’s gets no such header', async () => {
    for (const response of [await read(open, FOREIGN), await preflight(open, FOREIGN), await read(closed, OURS), await preflight(closed, OURS)])
      expect(corsHeaders(response)).toEqual([]);
    for (const origin of ['null', `${OURS}.evil.example`, OURS.toUpperCase(), 'http://app.example.org']) expect(corsHeaders(await read(open, origin)), origin).toEqual([]);
  });
});

describe('every answer', () => {
  it.each(['/', '/api/v1/shelves/1/books', '/api/v1/nowhere', '/health/live'])('at %s is guarded', async (path) => {
    const { headers } = await fetch(closed.address + path);
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('trace-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});
