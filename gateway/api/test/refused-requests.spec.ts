import { request as httpRequest } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';
import { sendRaw } from './raw.fixture.ts';
import { asking, problemOf } from './requests.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const { at, post } = asking(() => gateway);

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
});
