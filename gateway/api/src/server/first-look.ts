import type { Refusal } from '@mela/contracts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { noRoute } from '../answers/no-route.ts';
import { answerProblem } from '../answers/problem-answer.ts';
import { NoHost, UnmetExpectation } from '../answers/refusals.ts';
import type { RouteTable } from '../routes/route-table.ts';

/** What can be refused by its head alone is: before the body, whatever that is said to be, matters. To be called after `protect`. */
export function lookFirst(server: FastifyInstance, routes: RouteTable): void {
  // The HTTP server's own answer to these would have no body.
  server.server.on('checkExpectation', (request, response) => void server.server.emit('request', request, response));
  server.addHook('onRequest', (_request, reply, done) => {
    const refused = refusalOf(reply, routes);
    if (refused) answerProblem(reply, refused);
    else done();
  });
}

function refusalOf(reply: FastifyReply, routes: RouteTable): Refusal | undefined {
  const { headers, raw, is404 } = reply.request;
  if (headers.host === undefined && raw.httpVersion === '1.1') return NoHost();
  if (headers.expect !== undefined && !/\b100-continue\b/i.test(headers.expect)) return UnmetExpectation();
  return is404 ? noRoute(routes, reply) : undefined;
}
