import { InvalidInput, isRefusal, type FileAnswer } from '@mela/contracts';
import { header, type Wrapper } from '../exchange.ts';

const FILE_NAME = /^[\w.-]{1,100}$/;

/** A file goes a piece at a time: whoever asks says from which byte on, and is told how many there are. */
export const inPieces: Wrapper = (next) => async (exchange) => {
  const outcome = await next(exchange);
  if (exchange.operation.mediaType === undefined || isRefusal(outcome)) return outcome;
  const file = outcome as FileAnswer;
  // It becomes a part of a header that everybody reads in another way as soon as it has quotes.
  if (!FILE_NAME.test(file.name)) throw new Error(`"${file.name}" is no name for a file that is sent`);
  const from = Number(exchange.headers(header.from) ?? 0);
  if (!Number.isSafeInteger(from) || from < 0 || from > file.bytes) return InvalidInput(`The file has ${file.bytes} bytes`);
  exchange.replyHeaders.set(header.bytes, String(file.bytes)).set(header.fileName, file.name);
  return file.read(from);
};
