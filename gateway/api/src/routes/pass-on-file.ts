import { Readable } from 'node:stream';
import { header, type Reply } from '@mela/bus';
import type { FastifyReply } from 'fastify';

interface FileParts {
  /** The first piece: with it the file is known to be there, how long it is and what it is called. */
  readonly first: Reply;
  readonly pieceFrom: (from: number) => Promise<Reply>;
  /** A client that takes nothing for as long is gone. */
  readonly patienceMs: number;
  readonly brokeOff: (fault: Error) => void;
}

/**
 * The next piece is asked for when the client has taken the one before, so that of no file more than a few are here. What
 * goes wrong behind the first one breaks the connection: the client was told how much is to come, and must not take a part for the whole.
 */
export function passOnFile(reply: FastifyReply, { first, pieceFrom, patienceMs, brokeOff }: FileParts): FastifyReply {
  const { headers } = first;
  const bytes = Number(headers.get(header.bytes));
  const file = Readable.from(piecesOf(first, bytes, pieceFrom), { highWaterMark: 1 });
  file.on('error', brokeOff);
  reply.raw.setTimeout(patienceMs);
  return reply
    .code(200)
    .header('content-type', headers.get('content-type')!)
    .header('content-length', bytes)
    .header('content-disposition', `attachment; filename="${headers.get(header.fileName)}"`)
    .header('cache-control', 'no-store')
    .header('accept-ranges', 'none')
    .send(file);
}

async function* piecesOf(first: Reply, bytes: number, pieceFrom: (from: number) => Promise<Reply>): AsyncGenerator<Uint8Array> {
  let piece = first;
  for (let from = 0; from < bytes; ) {
    if (from > 0) piece = await pieceFrom(from);
    if (piece.status !== 200) throw new Error(`its bytes from ${from} on are answered ${piece.status}`);
    from += piece.body.length;
    if (piece.body.length === 0 || from > bytes || Number(piece.headers.get(header.bytes)) !== bytes) throw new Error('it is not what it was at its beginning');
    yield piece.body;
  }
}
