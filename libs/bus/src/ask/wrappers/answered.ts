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

/** The outermost value becomes bytes, unless it is those of a file; a refusal and an exception become a problem document, never a stack. */
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
    if (isRefusal(outcome)) return refuse(exchange, outcome);
    const { mediaType } = exchange.operation;
    return mediaType === undefined ? reply(exchange, 200, 'application/json', encodeJson(outcome)) : reply(exchange, 200, mediaType, outcome as Uint8Array);
  };

function refuse(exchange: Exchange, refusal: Refusal): Reply {
  const { retryAfter } = refusal.facts ?? {};
  if (typeof retryAfter === 'number') exchange.replyHeaders.set(header.retryAfter, String(retryAfter));
  return reply(exchange, refusal.status, PROBLEM, encodeJson(problem(refusal, currentContext()?.traceparent)));
}

function reply(exchange: Exchange, status: number, contentType: string, body: Uint8Array): Reply {
  // Refused here and not by the bus, so that it is the same whichever way the request came.
  if (body.length > MAX_ANSWER_BYTES) return refuse(exchange, AnswerTooLarge());
  exchange.replyHeaders.set(header.status, String(status)).set('content-type', contentType);
  return { status, headers: exchange.replyHeaders, body };
}
