import { anyone, download, NotFound, service, type FileAnswer, type Refusal } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Reply } from '../exchange.ts';
import { answered } from './answered.ts';
import { exchangeOf, quiet } from './exchange.fixture.ts';
import { inPieces } from './in-pieces.ts';

const { scan } = service('library', {
  scan: download({ summary: 'A book as it was printed', http: 'GET /scan', access: anyone, input: z.object({}), mediaType: 'application/pdf' }),
});
const printed = Buffer.from('once upon a time');
const book: FileAnswer = { name: 'book-1.pdf', bytes: printed.length, read: async (from) => printed.subarray(from, from + 5) };

async function askedFrom(from: string | undefined, answer: FileAnswer | Refusal = book): Promise<{ status: number; text: string; told: Record<string, string> }> {
  const exchange = { ...exchangeOf({ headers: from === undefined ? {} : { 'mela-from': from } }), operation: scan };
  const { status, headers, body } = (await answered(quiet)(inPieces(async () => answer))(exchange)) as Reply;
  return { status, text: Buffer.from(body).toString(), told: Object.fromEntries(headers) };
}

describe('a file', () => {
  it('goes from the byte on that is asked for, as the bytes it is, and says how many there are', async () => {
    expect(await askedFrom(undefined)).toEqual({ status: 200, text: 'once ', told: { 'mela-bytes': '16', 'mela-file-name': 'book-1.pdf', 'mela-status': '200', 'content-type': 'application/pdf' } });
    expect((await askedFrom('11')).text).toBe(' time');
  });

  it('has no place before its beginning, behind its end, or between two bytes', async () => {
    for (const from of ['-1', '17', '1.5', 'x', '1e99']) expect(await askedFrom(from), from).toMatchObject({ status: 400, text: expect.stringContaining('The file has 16 bytes') });
  });

  it('may be refused, at once or when a piece of it has gone', async () => {
    expect(await askedFrom('0', NotFound())).toMatchObject({ status: 404, text: expect.stringContaining('resource.not_found') });
    expect(await askedFrom('5', { ...book, read: async () => NotFound() })).toMatchObject({ status: 404 });
  });

  it('goes under no name that would end the header it stands in', async () => {
    expect(await askedFrom('0', { ...book, name: 'a"; filename="b' })).toMatchObject({ status: 500 });
  });

  it('goes in no piece that the bus could not carry', async () => {
    expect(await askedFrom('0', { ...book, read: async () => new Uint8Array(1_000_001) })).toMatchObject({ status: 500, text: expect.stringContaining('service.answer_too_large') });
  });
});
