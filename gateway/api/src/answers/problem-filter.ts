import { traceIdOf } from '@mela/bus';
import { Broken, MethodNotAllowed, NoSuchRoute, type Refusal } from '@mela/contracts';
import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { RouteTable } from '../routes/route-table.ts';
import { refusalOf } from './known-errors.ts';
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
    const refusal = error instanceof NotFoundException ? this.missing(reply) : refusalOf(error);
    if (!refusal) this.log.error({ err: error, traceId: traceIdOf(reply.request.id) }, 'request failed');
    answerProblem(reply, refusal ?? Broken());
  }

  private missing(reply: FastifyReply): Refusal {
    const { method, url } = reply.request;
    const methods = this.routes.methodsOf(url);
    if (methods.length === 0) return NoSuchRoute();
    const allow = methods.join(', ');
    reply.header('allow', allow);
    return MethodNotAllowed(`${method} is not one of ${allow}`);
  }
}
