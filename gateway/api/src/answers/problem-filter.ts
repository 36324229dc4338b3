import { traceIdOf } from '@mela/bus';
import { Broken } from '@mela/contracts';
import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { RouteTable } from '../routes/route-table.ts';
import { whoAsks } from '../server/who-asks.ts';
import { refusalOf } from './known-errors.ts';
import { noRoute } from './no-route.ts';
import { answerProblem } from './problem-answer.ts';

/** Whatever was thrown, by Fastify, Nest or us, is answered as a problem document and never with a stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    private readonly log: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const refusal = error instanceof NotFoundException ? noRoute(this.routes, reply) : refusalOf(error);
    if (!refusal) this.log.error({ err: error, traceId: traceIdOf(reply.request.id), ...whoAsks(reply.request) }, 'request failed');
    answerProblem(reply, refusal ?? Broken());
  }
}
