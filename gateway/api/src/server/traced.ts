import type { IncomingMessage } from 'node:http';
import { continueTrace, enterTrace, fact, type Span } from '@mela/bus';
import type { FastifyRequest } from 'fastify';

/** Of requests that are being answered. */
const spans = new WeakMap<IncomingMessage, Span>();

/** A request's place in its trace, with which whatever answers it can name it. */
export function enter(request: IncomingMessage): string {
  const incoming = request.headers['traceparent'] as string | undefined;
  const span = enterTrace('request', 'HTTP', incoming, 'outside', { [fact.service]: 'api' });
  if (!span) return continueTrace(incoming);
  spans.set(request, span);
  return span.traceparent;
}

/** Told by its route: a path may hold what somebody sent. */
export function leave(request: FastifyRequest, operation: string, status: number): void {
  const route = request.is404 ? undefined : request.routeOptions.url;
  spans
    .get(request.raw)
    ?.called(`${request.method} ${route ?? 'unknown'}`)
    .note({ [fact.operation]: operation, [fact.status]: status, ...(route === undefined ? {} : { [fact.route]: route }) })
    .end(status >= 500 ? String(status) : undefined);
}
