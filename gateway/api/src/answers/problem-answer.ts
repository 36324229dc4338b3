import { encodeJson, problem, PROBLEM, traceIdOf } from '@mela/bus';
import { InvalidApiKey, InvalidToken, type Refusal } from '@mela/contracts';
import type { FastifyReply } from 'fastify';

const RETRY_AFTER_SECONDS = '1';

/** A problem document of the gateway's own. A request's id is its traceparent. */
export function answerProblem(reply: FastifyReply, refusal: Refusal): FastifyReply {
  nameTrace(reply);
  explainStatus(reply, refusal.status, refusal.code);
  return reply
    .code(refusal.status)
    .header('content-type', PROBLEM)
    .header('cache-control', 'no-store')
    .send(encodeJson(problem(refusal, reply.request.id)));
}

export function nameTrace(reply: FastifyReply): void {
  const traceId = traceIdOf(reply.request.id);
  reply.header('trace-id', traceId).header('x-request-id', traceId);
}

/** The headers that a status asks for, whoever decided it. */
export function explainStatus(reply: FastifyReply, status: number, code?: string): void {
  if (status === 401) reply.header('www-authenticate', code === InvalidToken.code || code === InvalidApiKey.code ? 'Bearer error="invalid_token"' : 'Bearer');
  if (status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_SECONDS);
}
