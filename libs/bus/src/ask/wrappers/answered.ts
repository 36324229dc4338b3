import { AnswerTooLarge, Broken, isRefusal, type Refusal } from '@mela/contracts';
import { currentContext } from '../../context.ts';
import type { Log } from '../../log.ts';
import { header, type Exchange, type Reply, type Wrapper } from '../exchange.ts';
import { encodeJson } from '../json.ts';
import { PROBLEM, problem } from '../problem.ts';

/** The bus carries a megabyte, headers included. */
const MAX_ANSWER_BYTES = 1_000_000;

/** A broken part that has a better answer than 500, such as a database that is away. */
export type Translate = (error: unknown) => Refusal | undefined;

/** The outermost value becomes bytes; a refusal and an exception become a problem document, never a stack. */
export const answered =
  (log: Log, translate: Translate = () => undefined): Wrapper =>
  (next) =>
  async (exchange): Promise<Reply> => {
    let outcome: unknown;
    try {
      outcome = await next(exchange);
    } catch (error) {
      const known = translate(error);
      if (!known) log.error({ err: error, operation: exchange.operation.id }, 'operation failed');
      else log.warn({ operation: exchange.operation.id, code: known.code, reason: String(error) }, 'operation unavailable');
      outcome = known ?? Broken();
    }
    return isRefusal(outcome) ? refuse(exchange, outcome) : reply(exchange, 200, 'application/json', outcome);
  };

function refuse(exchange: Exchange, refusal: Refusal): Reply {
  const { retryAfter } = refusal.facts ?? {};
  if (typeof retryAfter === 'number') exchange.replyHeaders.set(header.retryAfter, String(retryAfter));
  return reply(exchange, refusal.status, PROBLEM, problem(refusal, currentContext()?.traceparent));
}

function reply(exchange: Exchange, status: number, contentType: string, value: unknown): Reply {
  const body = encodeJson(value);
  // Refused here and not by the bus, so that it is the same whichever way the request came.
  if (body.length > MAX_ANSWER_BYTES) return refuse(exchange, AnswerTooLarge());
  exchange.replyHeaders.set(header.status, String(status)).set('content-type', contentType);
  return { status, headers: exchange.replyHeaders, body };
}
