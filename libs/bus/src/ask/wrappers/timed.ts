import { TimedOut } from '@mela/contracts';
import { currentContext, within } from '../../context.ts';
import { header, type Wrapper } from '../exchange.ts';

/** Hands the time that is left to everything below, and answers 504 instead of working for nobody. */
export const timed =
  (now: () => number = Date.now): Wrapper =>
  (next) =>
  async (exchange) => {
    const left = Number(exchange.headers(header.timeLeft) ?? Number.NaN);
    if (Number.isNaN(left)) return next(exchange);
    if (left <= 0) return TimedOut();
    return within({ ...currentContext()!, deadline: now() + left }, () => next(exchange));
  };
