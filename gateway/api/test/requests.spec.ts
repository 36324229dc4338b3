import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';
import { asking } from './requests.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const { at, post } = asking(() => gateway);

describe('a request that is fine', () => {
  it('passes its body through as the bytes it is', async () => {
    const body = '{ "text" :  "günstig",\n "n": 1.0 }';
    ground.answers.set('note', () => jsonReply('{"kept":  1.0}\n'));
    const response = await post('/notes', body);
    expect(ground.seen.get('note')!.body).toBe(body);
    expect(await response.text()).toBe('{"kept":  1.0}\n');
  });

  it('carries path and query beside the body, decoded once', async () => {
    await fetch(at('/shelves/a%20b%2Fc/books?title=G%C3%B6del+%26%20Bach'));
    expect(ground.seen.get('read')!.params).toEqual({ shelfId: 'a b/c', title: 'Gödel & Bach' });
  });

  it('needs no body where none is sent, whatever type it names', async () => {
    ground.answers.set('visit', () => jsonReply({}));
    expect((await post('/visits', undefined, {})).status).toBe(200);
    expect((await post('/visits', undefined, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
    expect((await post('/visits', undefined, { 'content-type': 'application/json' })).status).toBe(200);
    expect(ground.seen.get('visit')!.body).toBe('');
  });

  it('hands over token, locale, key and trace, and nothing that could be taken for a statement of ours', async () => {
    const token = await ground.token();
    await post('/notes', '{"text":"x"}', {
      'content-type': 'application/json', authorization: `bearer ${token}`, 'accept-language': 'de', 'idempotency-key': 'k-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      'x-user-id': 'ravi', 'mela-params': '{"text":"forged"}', 'mela-status': '200', 'mela-time-left': '999999',
      'mela-client-address': '203.0.113.1', 'mela-client-agent': 'forged', 'x-forwarded-for': '203.0.113.2', 'user-agent': 'Mela/2 (Android)', cookie: 'a=b', 'mela-cursor': 'forged',
    });
    const { headers } = ground.seen.get('note')!;
    expect(headers('authorization')).toBe(`Bearer ${token}`);
    expect(headers('accept-language')).toBe('de');
    expect(headers('idempotency-key')).toBe('k-1');
    expect(headers('traceparent')).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)/);
    expect(Number(headers('mela-time-left'))).toBeLessThanOrEqual(10_000);
    // Where it came from is what we saw ourselves; what it calls itself is told as that and as nothing else.
    expect([headers('mela-client-address'), headers('mela-client-agent')]).toEqual(['127.0.0.1', 'Mela/2 (Android)']);
    for (const name of ['x-user-id', 'x-forwarded-for', 'mela-params', 'mela-status', 'mela-cursor', 'cookie', 'host', 'user-agent']) expect(headers(name), name).toBeUndefined();
  });

  it('comes from where a balancer in front of us says, and nobody else', async () => {
    const behind = await ground.gateway({ TRUST_PROXY: '127.0.0.1' });
    await fetch(`${behind.address}/api/v1/shelves/1/books`, { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } });
    expect(ground.seen.get('read')!.headers('mela-client-address')).toBe('203.0.113.9');
  });

  it('says in the log who looks through the eyes of whoever asks', async () => {
    const token = await ground.token({ sub: 'asha', act: { sub: 'mira' } });
    await (await fetch(at('/mine'), { headers: { authorization: `Bearer ${token}` } })).text();
    await expect.poll(() => gateway.lines).toContainEqual(expect.objectContaining({ msg: 'answered', operation: 'shelf.mine', actor: 'asha', impersonator: 'mira' }));
  });

  it('gets of the reply’s headers those that are meant for clients', async () => {
    ground.answers.set('note', () => jsonReply({}, { 'mela-replayed': 'true', 'retry-after': '7', 'x-inside': 'secret', 'set-cookie': 'a=b' }));
    const { headers } = await post('/notes', '{}');
    expect(headers.get('idempotency-replayed')).toBe('true');
    expect(headers.get('retry-after')).toBe('7');
    expect(headers.get('cache-control')).toBe('no-store');
    for (const name of ['x-inside', 'set-cookie', 'mela-status', 'mela-replayed']) expect(headers.get(name), name).toBeNull();
  });

  it('is told its trace, the same to the service and in the log', async () => {
    const response = await fetch(at('/shelves/1/books'), { headers: { traceparent: 'nonsense' } });
    const traceId = response.headers.get('trace-id')!;
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get('x-request-id')).toBe(traceId);
    expect(ground.seen.get('read')!.headers('traceparent')).toContain(traceId);
    await response.text();
    expect(gateway.lines).toContainEqual(expect.objectContaining({ level: 20, msg: 'answered', operation: 'shelf.read', status: 200, traceId, ms: expect.any(Number) }));
  });

  it('is timed by operation and class of status', async () => {
    await (await post('/notes', '{"text":"x"}')).text();
    await (await fetch(`${gateway.address}/wp-admin.php`)).text();
    const text = await gateway.process.metrics.metrics();
    expect(text).toMatch(/mela_http_seconds_count\{operation="shelf\.note",status="2xx"\} \d/);
    expect(text).toMatch(/mela_http_seconds_count\{operation="unknown",status="4xx"\} \d/);
    expect(text).not.toContain('wp-admin');
  });
});
