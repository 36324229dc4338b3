import { continueTrace, within } from '../../context.ts';
import type { Sql } from '../../sql.ts';
import type { Handle } from '../consumer-definition.ts';

/** What a handler causes belongs to the trace and the person that caused the event. */
export const tracedEvent =
  <Tx extends Sql>(handle: Handle<Tx>): Handle<Tx> =>
  (event, tx) =>
    within({ traceparent: continueTrace(event.traceparent), actor: event.actor }, () => handle(event, tx));
