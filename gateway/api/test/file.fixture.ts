import { createHash, type Hash } from 'node:crypto';
import { header, type Reply } from '@mela/bus';
import type { Ground } from './ground.fixture.ts';

export const PIECE = 512 * 1024;
export const MB = 1024 * 1024;

/** A book that lies nowhere: each piece of it is made when it is asked for. */
export class Book {
  /** From which bytes on it was asked for, in that order. */
  readonly asked: number[] = [];

  constructor(
    readonly name: string,
    readonly bytes: number,
    /** What is answered in the place of a piece that is as it should be. */
    private readonly instead: (from: number, piece: Reply) => Reply = (_from, piece) => piece,
  ) {}

  get sum(): string {
    const hash = createHash('sha256');
    for (let from = 0; from < this.bytes; from += PIECE) hash.update(this.piece(from));
    return hash.digest('hex');
  }

  answer(from: number): Reply {
    this.asked.push(from);
    const told = new Map([[header.status, '200'], ['content-type', 'application/zip'], [header.bytes, String(this.bytes)], [header.fileName, `${this.name}.zip`]]);
    return this.instead(from, { status: 200, headers: told, body: this.piece(from) });
  }

  private piece(from: number): Uint8Array {
    return new Uint8Array(Math.min(PIECE, this.bytes - from)).fill(1 + ((from / PIECE) % 250));
  }
}

export function shelve(ground: Ground, ...books: Book[]): void {
  ground.answers.set('scan', ({ headers, params }) => books.find(({ name }) => name === params['book'])!.answer(Number(headers(header.from) ?? 0)));
}

/** Read to its end and kept nowhere. */
export async function sumOf(response: Response): Promise<{ bytes: number; sum: string }> {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  for await (const part of response.body!) {
    hash.update(part);
    bytes += part.length;
  }
  return { bytes, sum: hash.digest('hex') };
}
