import { anyone, catalogue, command, download, perAddress, perUser, person, query, service } from '@mela/contracts';
import { z } from 'zod';

const Anything = z.record(z.string(), z.unknown());
const shelfId = z.string();

/** A small contract of the tests' own: the gateway is to serve whatever is declared. */
export const shelf = service('shelf', {
  read: query({ summary: 'What stands on a shelf', http: 'GET /shelves/:shelfId/books', access: anyone, input: z.object({ shelfId, title: z.string().optional() }), output: Anything }),
  add: command({ summary: 'Puts a book on a shelf', http: 'POST /shelves/:shelfId/books', access: person, input: z.object({ shelfId, title: z.string() }), output: Anything }),
  clear: command({ summary: 'Empties a shelf', http: 'DELETE /shelves/:shelfId/books', access: anyone, input: z.object({ shelfId }), output: Anything }),
  note: command({ summary: 'Takes anything', http: 'POST /notes', access: anyone, input: z.object({ text: z.string() }), output: Anything }),
  mine: query({ summary: 'What the caller has borrowed', http: 'GET /mine', access: person, limit: perUser(3, '1h'), input: z.object({}), output: Anything }),
  visit: command({ summary: 'Counts a visitor', http: 'POST /visits', access: anyone, limit: perAddress(2, '1h'), input: z.object({}), output: Anything }),
  keys: query({ summary: 'At a fixed place', http: 'GET /.well-known/keys.json', access: anyone, input: z.object({}), output: Anything }),
  slow: query({ summary: 'Answers when it is told to', http: 'GET /slow', access: anyone, input: z.object({}), output: Anything }),
  absent: query({ summary: 'Nobody answers it', http: 'GET /absent', access: anyone, input: z.object({}), output: Anything }),
  enter: command({ summary: 'Signs in', http: 'POST /enter', access: anyone, input: z.object({ name: z.string() }), output: Anything, secret: true, session: 'opens' }),
  stay: command({ summary: 'Goes on', http: 'POST /stay', access: anyone, input: z.object({ refreshToken: z.string() }), output: Anything, secret: true, session: 'renews' }),
  exit: command({ summary: 'Signs out', http: 'POST /exit', access: person, input: z.object({}), output: Anything, session: 'ends' }),
  scan: download({ summary: 'A book as it was printed', http: 'GET /scans/:book', access: anyone, input: z.object({ book: z.string() }), mediaType: 'application/zip' }),
  inside: query({ summary: 'Has no route', access: anyone, input: z.object({}), output: Anything }),
});

export const shelves = catalogue([{ shelf }], {});
