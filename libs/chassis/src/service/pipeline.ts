import { answered, inPieces, parsed, timed, traced, wrap, type Exchange, type Reply, type Serve, type Step, type Wrapper } from '@mela/bus';
import type { Operation } from '@mela/contracts';
import type { Logger } from 'pino';
import { databaseOutage } from '../database/faults.ts';

export interface PipelineParts {
  log: Logger;
  measured: Wrapper;
  authenticated: Wrapper;
  authorised: Wrapper;
  /** For those who keep a database: the record of a command is a row beside its effects. */
  idempotent?: Wrapper;
}

export type Handler = (input: unknown, caller: unknown) => unknown;

/** From bytes to a plain function of (input, caller) and back: the order of the wrappers is the order of the rules. */
export function pipeline(operation: Operation, handler: Handler, parts: PipelineParts): Serve {
  const innermost: Step = async ({ input, caller }) => handler(input, caller);
  const step = wrap(
    [
      traced, answered(parts.log, databaseOutage), parts.measured, timed(), parts.authenticated, parsed, parts.authorised,
      ...(parts.idempotent ? [parts.idempotent] : []), inPieces,
    ],
    innermost,
  );
  return (body, headers) => {
    const exchange: Exchange = { operation, body, headers, replyHeaders: new Map() };
    return step(exchange) as Promise<Reply>;
  };
}
