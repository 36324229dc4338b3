import type { Server } from 'node:http';
import { Broken } from '@mela/contracts';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyReply, FastifyServerOptions } from 'fastify';
import { answerClientError } from '../answers/client-error.ts';
import { refusalOf } from '../answers/known-errors.ts';
import { answerProblem } from '../answers/problem-answer.ts';
import type { ApiSettings } from '../settings.ts';
import { enter } from './traced.ts';

const BODY_LIMIT = 512 * 1024;

/** Slow clients are cut off after a while: the headers in the time of an answer, a whole body in three times that. */
export function createAdapter({ TRUST_PROXY, REQUEST_TIMEOUT_MS }: ApiSettings): FastifyAdapter {
  const options: FastifyServerOptions & Pick<FastifyHttpOptions<Server>, 'http'> = {
    // A request's id is its place in the trace, so that whatever answers it can name it.
    genReqId: (request) => enter(request),
    requestIdHeader: false,
    trustProxy: TRUST_PROXY,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 3 * REQUEST_TIMEOUT_MS,
    // A request without a Host is answered where the others are, and not with an empty body.
    http: { headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: Math.min(1_000, REQUEST_TIMEOUT_MS), requireHostHeader: false },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) => void answerProblem(reply as unknown as FastifyReply, refusalOf(error) ?? Broken()),
    // The query is read where the operation is known, and as strictly as the body.
    routerOptions: { querystringParser: (text: string) => ({ text }) },
    return503OnClosing: false,
  };
  return new FastifyAdapter({ ...options, skipMiddie: true, multipart: false });
}
