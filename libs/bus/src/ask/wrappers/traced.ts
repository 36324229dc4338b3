import { continueTrace, within } from '../../context.ts';
import { bearer, header, type Wrapper } from '../exchange.ts';

/** Everything the request causes carries its trace, token and locale. */
export const traced: Wrapper = (next) => (exchange) =>
  within(
    {
      traceparent: continueTrace(exchange.headers(header.trace)),
      token: bearer(exchange.headers(header.token)),
      locale: exchange.headers(header.locale),
    },
    () => next(exchange),
  );
