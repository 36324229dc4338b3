import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Book, MB, PIECE, shelve, sumOf } from './file.fixture.ts';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';
import { openRaw } from './raw.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const scan = (book: Book, options: RequestInit = {}, at = gateway) => fetch(`${at.address}/api/v1/scans/${book.name}`, options);
const lines = (msg: string, at = gateway) => at.lines.filter((line) => line.msg === msg && line['operation'] === 'shelf.scan');

/** Asks for a book, and takes none of it. */
function staring(book: Book, at = gateway) {
  const socket = openRaw(at.address);
  socket.write(`GET /api/v1/scans/${book.name} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return socket;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** What lies in buffers that somebody still holds. */
function heldBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

describe('a file', () => {
  it('comes whole, under its name, as the bytes it is, to be kept by nobody on the way', async () => {
    const book = new Book('first', 2 * PIECE + 1);
    shelve(ground, book);
    const response = await scan(book, { headers: { 'accept-encoding': 'gzip', range: 'bytes=5-9', 'if-none-match': '*' } });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(['content-type', 'content-length', 'content-disposition', 'cache-control', 'x-content-type-options', 'accept-ranges'].map((name) => [name, response.headers.get(name)]))).toEqual({
      'content-type': 'application/zip', 'content-length': String(book.bytes), 'content-disposition': 'attachment; filename="first.zip"',
      'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'accept-ranges': 'none',
    });
    for (const name of ['content-encoding', 'etag', 'mela-cursor', 'mela-bytes']) expect(response.headers.get(name), name).toBeNull();
    expect(await sumOf(response)).toEqual({ bytes: book.bytes, sum: book.sum });
    expect(book.asked).toEqual([0, PIECE, 2 * PIECE]);
  });

  it('may be empty', async () => {
    const book = new Book('empty', 0);
    shelve(ground, book);
    const response = await scan(book);
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '0', '']);
  });

  it('that is refused is a problem like any other', async () => {
    ground.answers.set('scan', () => jsonReply({ code: 'resource.not_found' }, { 'content-type': 'application/problem+json' }, 404));
    const response = await scan(new Book('none', 1));
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([404, 'application/problem+json', 'no-store']);
    expect(response.headers.get('content-disposition')).toBeNull();
  });

  it('is not read to tell its length', async () => {
    const book = new Book('long', 64 * MB);
    shelve(ground, book);
    const response = await scan(book, { method: 'HEAD' });
    expect([response.status, response.headers.get('allow'), book.asked]).toEqual([405, 'GET', []]);
  });

  it('of 50 MB is never here as a whole', async () => {
    const before = heldBytes();
    let most = 0;
    const book = new Book('large', 50 * MB, (from, piece) => {
      if (from % (5 * MB) === 0 || from + PIECE >= 50 * MB) most = Math.max(most, heldBytes() - before);
      return piece;
    });
    shelve(ground, book);
    expect(await sumOf(await scan(book))).toEqual({ bytes: book.bytes, sum: book.sum });
    expect(most).toBeLessThan(10 * MB);
  });

  it('is asked for no faster than the client takes it', async () => {
    const [patient, quick] = [new Book('patient', 64 * MB), new Book('quick', 64 * MB)];
    shelve(ground, patient, quick);
    const socket = staring(patient);
    await expect.poll(() => patient.asked.length).toBeGreaterThan(0);
    // As long as it takes somebody else to have as much.
    await sumOf(await scan(quick));
    // What the sockets on the way hold is not ours.
    expect(patient.asked.length * PIECE).toBeLessThan(32 * MB);
    socket.destroy();
  });

  it('is asked for no further when the client has left', async () => {
    const [left, quick] = [new Book('left', 64 * MB), new Book('quick', 64 * MB)];
    shelve(ground, left, quick);
    const [before, faults] = [lines('broken off').length, lines('a file broke off').length];
    const leaving = new AbortController();
    const response = await scan(left, { signal: leaving.signal });
    leaving.abort();
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => lines('broken off').length).toBe(before + 1);
    const asked = left.asked.length;
    await sumOf(await scan(quick));
    expect(left.asked.length).toBeLessThanOrEqual(asked + 1);
    expect(lines('a file broke off')).toHaveLength(faults);
  });

  it('is broken off where nobody takes any of it for long', async () => {
    const impatient = await ground.gateway({ REQUEST_TIMEOUT_MS: '150' });
    const book = new Book('stared-at', 64 * MB);
    shelve(ground, book);
    const socket = staring(book, impatient);
    await expect.poll(() => lines('broken off', impatient).length, { timeout: 15_000 }).toBe(1);
    expect(book.asked.length * PIECE).toBeLessThan(book.bytes);
    socket.destroy();
  });
});

describe('a file that ends too early does not end as if it were whole:', () => {
  it.each([
    ['it has gone meanwhile', () => jsonReply({ code: 'resource.not_found' }, {}, 404)],
    ['its service is away', () => jsonReply({ code: 'service.unavailable' }, {}, 503)],
    ['it is another one by now', (piece) => ({ ...piece, headers: new Map([...piece.headers, ['mela-bytes', '7']]) })],
    ['a piece is empty', (piece) => ({ ...piece, body: new Uint8Array(0) })],
    ['a piece is longer than the rest', (piece) => ({ ...piece, body: new Uint8Array(PIECE + 1) })],
  ] as [string, (piece: ReturnType<Book['answer']>) => ReturnType<Book['answer']>][])('%s', async (_what, broken) => {
    const before = lines('a file broke off').length;
    const book = new Book('broken', 2 * PIECE, (from, piece) => (from === 0 ? piece : broken(piece)));
    shelve(ground, book);
    const response = await scan(book);
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow('terminated');
    expect(lines('a file broke off')).toHaveLength(before + 1);
    expect(lines('a file broke off').at(-1)).toMatchObject({ level: 40, traceId: response.headers.get('trace-id'), reason: expect.any(String) });
    // The next request is answered: what broke was one connection.
    expect((await fetch(gateway.address)).status).toBe(200);
  });
});
