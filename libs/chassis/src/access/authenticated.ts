import { acting, currentContext, within, type Wrapper } from '@mela/bus';
import { Forbidden, isRefusal, NotSignedIn } from '@mela/contracts';
import type { TokenVerifier } from './tokens.ts';

/** Learns who asks from the token itself. A token that is sent is verified even where none is needed. */
export const authenticated =
  (tokens: TokenVerifier): Wrapper =>
  (next) =>
  async (exchange) => {
    const context = currentContext()!;
    const { rule } = exchange.operation.access;
    // A token means that a person asks: some way leads from a gateway to what is for services alone.
    if (rule === 'service') return context.token === undefined ? next(exchange) : Forbidden('Only services may ask this');
    if (context.token === undefined) return rule === 'anyone' ? next(exchange) : NotSignedIn();
    const outcome = await tokens.verify(context.token);
    if (isRefusal(outcome)) return outcome;
    exchange.caller = outcome.caller;
    return within({ ...context, ...acting(outcome.caller) }, () => next(exchange));
  };
