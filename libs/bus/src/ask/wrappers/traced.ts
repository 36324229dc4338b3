import { continueTrace, within } from '../../context.ts';
import { fact } from '../../trace/facts.ts';
import { enterTrace } from '../../trace/span.ts';
import { exchanged } from '../exchanged.ts';
import { bearer, header, type Wrapper } from '../exchange.ts';
import { readOrigin } from '../origin.ts';

/** Everything the request causes carries its trace, token and locale, and where it came from. */
export const traced: Wrapper = (next) => (exchange) => {
  const { operation, headers } = exchange;
  const incoming = headers(header.trace);
  const span = enterTrace('serves', operation.id, incoming, 'ourselves', { [fact.service]: operation.service, [fact.subject]: operation.subject });
  const context = {
    traceparent: span?.traceparent ?? continueTrace(incoming),
    token: bearer(headers(header.token)),
    locale: headers(header.locale),
    origin: readOrigin(headers),
  };
  const work = () => within(context, () => next(exchange));
  return span ? exchanged(span, work) : work();
};
