import { WrongContentType } from '@mela/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refused } from '../answers/refused.ts';

/** A JSON body stays the bytes it is: the service parses it, once. Any other body is refused before it is read. */
export function takeBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const encoded = request.headers['content-encoding'] ?? 'identity';
    const charset = charsetOf(request);
    if (body.length === 0) done(null, body);
    else if (encoded !== 'identity') done(new Refused(WrongContentType('A compressed body is not taken')));
    else if (charset !== 'utf-8' && charset !== 'utf8') done(new Refused(WrongContentType('JSON is written in UTF-8')));
    else done(null, body);
  });
  server.addContentTypeParser('*', (request, _payload, done) => {
    if (isEmpty(request)) done(null, undefined);
    else done(new Refused(WrongContentType()));
  });
}

/** Many clients name a content type without sending anything. */
const isEmpty = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;

const charsetOf = ({ headers }: FastifyRequest): string =>
  (/;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8').toLowerCase();
