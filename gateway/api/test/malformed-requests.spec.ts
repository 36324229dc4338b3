import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';
import { openRaw, sendRaw, untilClosed } from './raw.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterAll(() => ground?.close());

describe('a request that is hardly one', () => {
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
