import { currentContext, within, type Wrapper } from '@mela/bus';
import { isRefusal, NotSignedIn } from '@mela/contracts';
import type { TokenVerifier } from './tokens.ts';

/** Learns who asks from the token itself. A token that is sent is verified even where none is needed. */
export const authenticated =
  (tokens: TokenVerifier): Wrapper =>
  (next) =>
  async (exchange) => {
    const context = currentContext()!;
    if (context.token === undefined) return exchange.operation.access.rule === 'anyone' ? next(exchange) : NotSignedIn();
    const outcome = await tokens.verify(context.token);
    if (isRefusal(outcome)) return outcome;
    exchange.caller = outcome.caller;
    return within({ ...context, actor: outcome.caller.personId }, () => next(exchange));
  };
