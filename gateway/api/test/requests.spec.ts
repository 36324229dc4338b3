import { request as httpRequest } from 'node:http';
import { mela } from '@mela/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';
import { openRaw, sendRaw, untilClosed } from './raw.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const at = (path: string) => `${gateway.address}/api/v1${path}`;
const post = (path: string, body: string | Uint8Array<ArrayBuffer> | undefined, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(at(path), { method: 'POST', headers, ...(body === undefined ? {} : { body }) });

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const text = await response.text();
  expect(text).not.toMatch(/ at .*\.[jt]s:\d+|node_modules/);
  const problem = JSON.parse(text);
  expect(problem.status).toBe(response.status);
  expect(problem.traceId).toBe(response.headers.get('trace-id'));
  return problem;
}

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

describe('a value that is given twice is refused by name:', () => {
  it.each([
    ['a query name twice', '/shelves/1/books?title=a&title=b', 'title'],
    ['a query name twice, once encoded', '/shelves/1/books?title=a&t%69tle=b', 'title'],
    ['a path parameter in the query', '/shelves/1/books?shelfId=2', 'shelfId'],
  ])('%s', async (_what, path, field) => {
    ground.seen.clear();
    const problem = await problemOf(await fetch(at(path)));
    expect(problem).toMatchObject({ status: 400, code: 'request.doubled_field', fields: [field] });
    expect(ground.seen.size).toBe(0);
  });

  it('a path parameter in the body', async () => {
    const response = await post('/shelves/1/books', '{"shelfId":"2","title":"x"}', { 'content-type': 'application/json', authorization: `Bearer ${await ground.token()}` });
    expect(await problemOf(response)).toMatchObject({ status: 400, code: 'request.doubled_field', fields: ['shelfId'] });
  });
});

describe('a request that is wrong', () => {
  it('with an unknown query parameter is refused by the service, whatever it is called', async () => {
    for (const name of ['role', '__proto__', 'constructor', 'toString'])
      expect(await problemOf(await fetch(at(`/shelves/1/books?${name}=admin`))), name).toMatchObject({ status: 400, code: 'request.invalid', faults: [{ field: name, fault: 'unknown field' }] });
  });

  it('with a query where a body is taken is refused here, by the names alone', async () => {
    ground.seen.clear();
    const problem = await problemOf(await post('/notes?text=hunter2&%72ole=admin', '{}'));
    expect(problem).toMatchObject({ status: 400, code: 'request.invalid', faults: [{ field: 'text', fault: 'unknown field' }, { field: 'role', fault: 'unknown field' }] });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(await problemOf(await post('/notes?text=a', '{"text":"b"}'))).toMatchObject({ code: 'request.invalid', faults: [{ field: 'text' }] });
    expect(await problemOf(await fetch(at('/visits?x=1'), { method: 'POST' }))).toMatchObject({ code: 'request.invalid', faults: [{ field: 'x' }] });
    expect(ground.seen.size).toBe(0);
  });

  it('with a broken body is told where', async () => {
    expect(await problemOf(await post('/notes', '{"text": }'))).toMatchObject({ status: 400, code: 'request.malformed', position: 9 });
  });

  it('with a body of another type gets 415', async () => {
    for (const type of ['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'application/merge-patch+json', 'nonsense'])
      expect(await problemOf(await post('/notes', '{"text":"x"}', { 'content-type': type })), type).toMatchObject({ status: 415, code: 'request.content_type' });
    expect(await problemOf(await post('/notes', new Uint8Array([123, 125]), {}))).toMatchObject({ status: 415 });
    expect(await problemOf(await post('/notes', '{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }))).toMatchObject({ status: 415 });
  });

  it('with JSON in another charset gets 415, in UTF-8 by any of its names none', async () => {
    for (const charset of ['utf-16', '"utf-16"', 'latin1', 'utf-16; x=utf-8'])
      expect(await problemOf(await post('/notes', '{"text":"x"}', { 'content-type': `application/json; charset=${charset}` })), charset).toMatchObject({ status: 415, code: 'request.content_type' });
    for (const charset of ['utf-8', 'UTF-8', '"utf-8"', 'utf8'])
      expect((await post('/notes', '{"text":"x"}', { 'content-type': `application/json; charset=${charset}` })).status, charset).toBe(200);
  });

  it('with more than 512 kB gets 413, announced or not', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(512 * 1024) });
    expect(await problemOf(await post('/notes', body))).toMatchObject({ status: 413, code: 'request.too_large' });
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(at('/notes'), { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on('error', reject);
      request.end(body);
    });
    expect(status).toBe(413);
  });

  it('with exactly as much as is allowed passes', async () => {
    ground.answers.set('note', (seen) => jsonReply({ length: seen.body.length }));
    const body = JSON.stringify({ text: '' }).replace('""', `"${'x'.repeat(512 * 1024 - 11)}"`);
    expect(await (await post('/notes', body)).json()).toEqual({ length: 512 * 1024 });
  });

  it('with a body where none is taken is told so', async () => {
    expect(await problemOf(await fetch(at('/shelves/1/books'), { method: 'DELETE', headers: { 'content-type': 'application/json' }, body: '{"title":"x"}' }))).toMatchObject({ status: 400, code: 'request.no_body_taken' });
  });

  it.each([
    ['a path', '/shelves/%E0%A4%A/books', 'request.malformed_url', 400],
    ['a query', '/shelves/1/books?title=%zz', 'request.malformed_url', 400],
    ['a path of which a part is far too long', `/shelves/${'a'.repeat(200)}/books`, 'request.url_too_long', 414],
  ])('in the encoding of %s', async (_what, path, code, status) => {
    const { pathname, host } = new URL(gateway.address);
    const answer = await sendRaw(gateway.address, `GET ${pathname}api/v1${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toMatch(/"traceId":"[0-9a-f]{32}"/);
  });

  it('to no route gets 404, and to an operation that has none', async () => {
    for (const path of ['/nowhere', '/inside', '/shelves//books', '/notes/', '/shelves/1/books/2'])
      expect(await problemOf(await fetch(at(path))), path).toMatchObject({ status: 404, code: 'route.unknown' });
  });

  it('with a wrong method gets 405 and the right ones', async () => {
    const response = await fetch(at('/shelves/1/books'), { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('DELETE, GET, HEAD, POST');
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'route.method' });
    expect((await fetch(at('/notes'), { method: 'OPTIONS' })).status).toBe(405);
    expect((await fetch(`${gateway.address}/health/live`, { method: 'POST' })).headers.get('allow')).toBe('GET, HEAD');
  });

  it('with a wrong method gets 405 before anybody minds what its body is', async () => {
    const response = await fetch(at('/notes'), { method: 'PUT', headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect(response.headers.get('allow')).toBe('POST');
    expect(await problemOf(response)).toMatchObject({ status: 405, code: 'route.method' });
    expect(await problemOf(await fetch(at('/nowhere'), { method: 'POST', headers: { 'content-type': 'nonsense' }, body: 'x' }))).toMatchObject({ status: 404, code: 'route.unknown' });
  });

  it.each([
    ['without a Host', 'GET /api/v1/slow HTTP/1.1\r\n', 400, 'request.no_host'],
    ['that expects what nobody knows', 'GET /api/v1/slow HTTP/1.1\r\nHost: x\r\nExpect: foo\r\n', 417, 'request.expectation'],
    ['with a method of the future', 'QUERY /api/v1/notes HTTP/1.1\r\nHost: x\r\n', 405, 'route.method'],
    ['with a method that is none', 'SHOUT /api/v1/notes HTTP/1.1\r\nHost: x\r\n', 400, 'request.malformed_http'],
  ])('%s is a problem like any other', async (_what, head, status, code) => {
    const answer = await sendRaw(gateway.address, `${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toMatch(/"traceId":"[0-9a-f]{32}"/);
  });

  it('that asks whether to go on is told to', async () => {
    const socket = openRaw(gateway.address);
    const answer = untilClosed(socket);
    socket.once('data', () => socket.write('{"text":"x"}'));
    socket.write('POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n');
    expect(await answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it('that is not HTTP is answered all the same', async () => {
    const answer = await sendRaw(gateway.address, 'HELLO\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"code":"request.malformed_http"');
  });

  it('with headers beyond reason gets 431', async () => {
    const answer = await sendRaw(gateway.address, `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"request.headers_too_large"');
  });
});

describe('a slow client', () => {
  it('that never ends its headers gets 408', async () => {
    const impatient = await ground.gateway({ REQUEST_TIMEOUT_MS: '200' });
    const answer = await sendRaw(impatient.address, 'GET /api/v1/slow HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(answer).toContain('"code":"request.too_slow"');
  });

  it('that never ends its body gets 408', async () => {
    const impatient = await ground.gateway({ REQUEST_TIMEOUT_MS: '200' });
    const socket = openRaw(impatient.address);
    const answer = untilClosed(socket);
    socket.write('POST /api/v1/notes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"text":');
    expect(await answer).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  });
});

describe('what the gateway answers itself', () => {
  it('points to everything else', async () => {
    const index = (await (await fetch(gateway.address)).json()) as { links: Record<string, string> };
    expect(index).toMatchObject({ name: 'Mela', links: { openapi: '/api/v1/openapi.json', asyncapi: '/api/v1/asyncapi.json', health: '/health' } });
    for (const link of Object.values(index.links)) expect((await fetch(gateway.address + link)).status, link).toBe(200);
  });

  it('describes the operations it serves, at the address where it was asked', async () => {
    const response = await fetch(at('/openapi.json'));
    const document = await response.json();
    expect(document).toMatchObject({ openapi: '3.1.0', servers: [{ url: gateway.address }], paths: { '/api/v1/shelves/{shelfId}/books': { get: { operationId: 'shelf.read' } } } });
    expect((await fetch(at('/openapi.json'), { headers: { 'if-none-match': response.headers.get('etag')! } })).status).toBe(304);
    expect(await (await fetch(at('/asyncapi.json'))).json()).toMatchObject({ asyncapi: '3.0.0' });
  });

  it('says whether it is alive and ready, and keeps its metrics to itself', async () => {
    expect(await (await fetch(`${gateway.address}/health/live`)).json()).toEqual({ live: true });
    expect(await (await fetch(`${gateway.address}/health/ready`)).json()).toEqual({ ready: true, checks: { 'api.bus': 'ok', 'api.sessions': 'ok' } });
    expect((await fetch(`${gateway.address}/metrics`)).status).toBe(404);
  });

  it('gives every contract of Mela’s its route', async () => {
    const whole = await ground.gateway({}, mela);
    for (const { id, http } of mela.operations.values())
      if (http) {
        const { status } = await fetch(whole.address + http.path.replaceAll(/:\w+/g, 'x'), { method: http.method });
        // Nobody hosts them here; the keys alone are answered, since tokens need them.
        expect([id, [200, 401, 503].includes(status)]).toEqual([id, true]);
      }
    expect(await (await fetch(`${whole.address}/api/v1/openapi.json`)).json()).toMatchObject({ paths: { '/api/v1/identity/register': { post: { operationId: 'identity.register' } } } });
  });

  it('says nothing of what broke inside', async () => {
    ground.answers.set('note', () => ({ ...jsonReply({}), headers: new Map([['mela-status', 'nonsense']]) }));
    expect(await problemOf(await post('/notes', '{}'))).toMatchObject({ status: 500, code: 'service.failed' });
    expect(gateway.lines).toContainEqual(expect.objectContaining({ level: 50, msg: 'request failed' }));
  });
});
