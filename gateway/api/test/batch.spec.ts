import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

type Read = string | { path: string; id?: string; ifNoneMatch?: string };
interface Answered {
  id?: string;
  status: number;
  headers: Record<string, string>;
  body?: any;
}

const send = (body: string, headers: Record<string, string> = {}, at = gateway) =>
  fetch(`${at.address}/api/v1/batch`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
const batch = (reads: Read[], headers?: Record<string, string>, at?: Gateway) => send(JSON.stringify({ requests: reads.map((read) => (typeof read === 'string' ? { path: read } : read)) }), headers, at);
const answersOf = async (response: Response): Promise<Answered[]> => {
  expect(response.status).toBe(200);
  return ((await response.json()) as { responses: Answered[] }).responses;
};
const codes = (answers: Answered[]) => answers.map(({ status, body }) => [status, body?.code]);
const books = (shelf: number | string) => `/api/v1/shelves/${shelf}/books`;

describe('a batch', () => {
  it('answers each read as it would be answered alone, in the order they were asked', async () => {
    const token = await ground.token();
    const reads = [books(1), `${books('a%20b')}?title=G%C3%B6del+%26%20Bach`, '/api/v1/mine', '/.well-known/keys.json', '/api/v1/absent', '/api/v1/nowhere'];
    const together = await answersOf(await batch(reads, { authorization: `Bearer ${token}` }));
    for (const [at, path] of reads.entries()) {
      const alone = await fetch(gateway.address + path, { headers: { authorization: `Bearer ${token}` } });
      const answer = together[at]!;
      expect(answer.status, path).toBe(alone.status);
      const { traceId: _mine, ...body } = answer.body;
      const { traceId: _its, ...aloneBody } = (await alone.json()) as Record<string, unknown>;
      expect(body, path).toEqual(aloneBody);
      for (const name of ['Content-Type', 'ETag', 'Retry-After']) expect(answer.headers[name] ?? null, `${path} ${name}`).toBe(alone.headers.get(name));
      expect(answer.headers['Mela-Cursor'] === undefined, path).toBe(alone.headers.get('mela-cursor') === null);
    }
    expect(together.map(({ status }) => status)).toEqual([200, 200, 200, 200, 503, 404]);
    expect(together[1]!.body).toMatchObject({ input: { shelfId: 'a b', title: 'Gödel & Bach' } });
  });

  it('passes every answer on as the bytes it is', async () => {
    ground.answers.set('read', () => jsonReply('{"kept":  1.0,"big":12345678901234567890}'));
    const response = await batch([{ id: 'x', path: books(1) }]);
    expect(await response.text()).toMatch(/^\{"responses":\[\{"id":"x","status":200,"headers":\{.*\},"body":\{"kept": {2}1\.0,"big":12345678901234567890\}\}\]\}$/);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('reads in the name of whoever sends it, in their language and within their trace', async () => {
    const token = await ground.token();
    await answersOf(await batch(['/api/v1/mine'], { authorization: `Bearer ${token}`, 'accept-language': 'ne', 'idempotency-key': 'k', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }));
    const { headers } = ground.seen.get('mine')!;
    expect([headers('authorization'), headers('accept-language'), headers('idempotency-key')]).toEqual([`Bearer ${token}`, 'ne', undefined]);
    expect(headers('traceparent')).toContain('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it('without a token, or with one that is not valid, says so where one is needed', async () => {
    expect(codes(await answersOf(await batch(['/api/v1/mine', books(1)])))).toEqual([[401, 'auth.required'], [200, undefined]]);
    expect(codes(await answersOf(await batch(['/api/v1/mine'], { authorization: 'Bearer guessed.it.maybe' })))).toEqual([[401, 'auth.invalid_token']]);
  });

  it('does not send again what is held already', async () => {
    const [first] = await answersOf(await batch([books(1)]));
    const held = first!.headers['ETag']!;
    const again = await answersOf(await batch([{ path: books(1), ifNoneMatch: held }, { path: books(2), ifNoneMatch: held }]));
    expect(again[0]).toEqual({ status: 304, headers: { ETag: held, 'Mela-Cursor': expect.any(String) } });
    expect(again[1]).toMatchObject({ status: 200, body: { input: { shelfId: '2' } } });
  });

  it('has its reads answered side by side, ten at a time', async () => {
    let waiting = 0;
    const gate = Promise.withResolvers<void>();
    ground.answers.set('slow', async () => {
      waiting++;
      await gate.promise;
      return jsonReply({});
    });
    const answered = batch(Array.from({ length: 20 }, () => '/api/v1/slow'));
    await expect.poll(() => waiting).toBe(10);
    gate.resolve();
    expect((await answersOf(await answered)).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(waiting).toBe(20);
  });

  it('has the time of one request for all of them, also for those that wait for their turn', async () => {
    const impatient = await ground.gateway({ REQUEST_TIMEOUT_MS: '500' });
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    ground.answers.set('slow', async () => {
      asked++;
      await gate.promise;
      return jsonReply({});
    });
    const answers = await answersOf(await batch([...Array.from({ length: 19 }, () => '/api/v1/slow'), books(1)], {}, impatient));
    expect(codes(answers)).toEqual(Array.from({ length: 20 }, () => [504, 'service.timed_out']));
    // The second ten had no time left when their turn came: nobody was asked for them.
    expect(asked).toBeLessThanOrEqual(10);
    gate.resolve();
  });

  it('is timed as itself, and so is each of its reads', async () => {
    const own = await ground.gateway();
    await (await batch([books(1), books(2)], {}, own)).text();
    const text = await own.process.metrics.metrics();
    expect(text).toMatch(/mela_http_seconds_count\{operation="gateway\.batch",status="2xx"\} 1/);
    expect(text).toMatch(/mela_http_seconds_count\{operation="shelf\.read",status="2xx"\} 2/);
  });
});

describe('in a batch has no place', () => {
  it.each([
    ['a command', '/api/v1/notes', 405, 'batch.reads_only'],
    ['another batch', '/api/v1/batch', 400, 'batch.nested'],
    ['a file', '/api/v1/scans/1', 400, 'batch.files_alone'],
    ['a path that nobody serves', '/api/v1/nowhere', 404, 'route.unknown'],
    ['what the gateway answers itself', '/api/v1/openapi.json', 404, 'route.unknown'],
    ['a page', '/docs', 404, 'route.unknown'],
    ['a path that turns into another', '/api/v1/shelves/../mine', 404, 'route.unknown'],
    ['one that does so in disguise', '/api/v1/shelves/%2e%2E/books', 404, 'route.unknown'],
  ])('%s, and the others are answered', async (_what, path, status, code) => {
    const answers = await answersOf(await batch([books(1), path, books(2)]));
    expect(codes(answers)).toEqual([[200, undefined], [status, code], [200, undefined]]);
    expect(answers[1]!.headers['Content-Type']).toBe('application/problem+json');
  });

  it('an encoding that is broken, as it has none in a request', async () => {
    expect(codes(await answersOf(await batch([books('%zz'), `${books(1)}?title=%zz`, `${books(1)}?title=a&title=b`, books('x'.repeat(101))])))).toEqual([
      [400, 'request.malformed_url'], [400, 'request.malformed_url'], [400, 'request.doubled_field'], [414, 'request.url_too_long'],
    ]);
  });
});

describe('a batch is refused', () => {
  const problem = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });

  it('that holds more than twenty reads, and none of them is asked', async () => {
    ground.seen.clear();
    expect(await problem(await batch(Array.from({ length: 21 }, () => books(1))))).toMatchObject({ status: 400, code: 'batch.too_many', detail: 'These are 21', hint: expect.any(String) });
    expect(ground.seen.size).toBe(0);
  });

  it('whose ids name two reads', async () => {
    expect(await problem(await batch([{ id: 'a', path: books(1) }, { id: 'a', path: books(2) }]))).toMatchObject({ status: 400, code: 'batch.doubled_id' });
  });

  it.each([
    ['{"requests":[]}', 'requests'],
    ['{}', 'requests'],
    ['{"requests":[{"path":"/api/v1/mine","method":"DELETE"}]}', 'requests.0.method'],
    ['{"requests":[{"path":"https://evil.example/api/v1/mine"}]}', 'requests.0.path'],
    ['{"requests":[{"path":"/api/v1/mine\\r\\nx: y"}]}', 'requests.0.path'],
    ['{"requests":[{"path":"/api/v1\\\\mine"}]}', 'requests.0.path'],
    ['{"requests":[{"path":"/api/v1/mine","ifNoneMatch":"\\r\\nx: y"}]}', 'requests.0.ifNoneMatch'],
  ])('that reads %s', async (body, field) => {
    expect(await problem(await send(body))).toMatchObject({ status: 400, code: 'request.invalid', faults: [{ field }] });
  });

  it('that is no JSON, or is sent as something else', async () => {
    expect(await problem(await send('{"requests":'))).toMatchObject({ status: 400, code: 'request.malformed' });
    expect(await problem(await send('{}', { 'content-type': 'text/plain' }))).toMatchObject({ status: 415 });
    expect((await fetch(`${gateway.address}/api/v1/batch`)).status).toBe(405);
  });
});

describe('the limits', () => {
  it('of each read hold in a batch as they do outside, and what is over them stays with itself', async () => {
    const redis = await ground.redis();
    const limited = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on' });
    const authorization = `Bearer ${await ground.token({ sub: 'batch-reader' })}`;
    const answers = await answersOf(await batch([...Array.from({ length: 4 }, () => '/api/v1/mine'), books(1)], { authorization }, limited));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 429]);
    const over = answers.find(({ status }) => status === 429)!;
    expect(over.body).toMatchObject({ code: 'limit.exceeded' });
    expect(over.headers).toMatchObject({ 'RateLimit-Limit': '3', 'RateLimit-Remaining': '0', 'Retry-After': expect.stringMatching(/^\d+$/) });
    expect((await fetch(`${limited.address}/api/v1/mine`, { headers: { authorization } })).status).toBe(429);
  });

  it('of an address count the batch and each of its reads', async () => {
    const redis = await ground.redis();
    const small = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on', ADDRESS_LIMIT: '4' });
    expect((await answersOf(await batch([books(1), books(2)], {}, small))).map(({ status }) => status)).toEqual([200, 200]);
    expect((await answersOf(await batch([books(1)], {}, small))).map(({ status }) => status)).toEqual([429]);
    expect((await batch([books(1)], {}, small)).status).toBe(429);
  });
});
