import { traceIdOf } from '@mela/bus';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';
import { nameTrace } from '../answers/problem-answer.ts';
import { leave } from './traced.ts';
import { whoAsks } from './who-asks.ts';

const NAME = 'mela_http_seconds';

/** Every answer names its trace, is timed, and leaves a line for whoever looks closely: never a body, never a token. */
export function observe(server: FastifyInstance, log: Logger, metrics: Registry): void {
  const seconds = secondsIn(metrics);
  const over = (request: FastifyRequest, reply: FastifyReply, how: 'answered' | 'broken off') => {
    const operation = operationOf(request);
    leave(request, operation, reply.statusCode);
    seconds.observe({ operation, status: `${Math.floor(reply.statusCode / 100)}xx` }, reply.elapsedTime / 1000);
    log.debug({ operation, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10, traceId: traceIdOf(request.id), ...whoAsks(request) }, how);
  };
  server.addHook('onRequest', (request, reply, done) => {
    nameTrace(reply);
    // The framework's hook tells of whatever was answered or failed, and of nobody who left or was cut off before the end.
    let finished = false;
    reply.raw.once('finish', () => (finished = true)).once('close', () => finished || reply.raw.errored || over(request, reply, 'broken off'));
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    over(request, reply, 'answered');
    done();
  });
}

/** An unknown path is one label, or whoever scans for holes would fill the memory with them. */
const operationOf = (request: FastifyRequest): string =>
  request.routeOptions.config.operation ?? (request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown'));

function secondsIn(metrics: Registry): Histogram {
  const known = metrics.getSingleMetric(NAME) as Histogram | undefined;
  return known ?? new Histogram({
    name: NAME,
    help: 'Seconds from receiving an HTTP request to the end of its answer',
    labelNames: ['operation', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
}
