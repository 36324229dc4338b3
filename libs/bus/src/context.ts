import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { TraceFlags } from '@opentelemetry/api';
import { keepsTrace } from './trace/span.ts';
import { readTraceparent, writeTraceparent } from './trace/traceparent.ts';

/** Where a request comes from, as the gateway that took it saw it. */
export interface Origin {
  readonly address: string;
  /** What the client calls itself. */
  readonly agent?: string | undefined;
}

/** What travels with a piece of work, from the first request to the last event it causes. */
export interface Context {
  readonly traceparent: string;
  /** The caller's access token, handed on as it came: every service verifies it for itself. */
  readonly token?: string | undefined;
  readonly actor?: string | undefined;
  /** Who looks through the actor's eyes, where it is not the actor. */
  readonly impersonator?: string | undefined;
  /** With which API key, where the actor is not there themselves. */
  readonly apiKey?: string | undefined;
  readonly origin?: Origin | undefined;
  readonly locale?: string | undefined;
  /** When the answer is of no use any more (epoch milliseconds on this machine's clock). */
  readonly deadline?: number | undefined;
}

const storage = new AsyncLocalStorage<Context>();

export const currentContext = (): Context | undefined => storage.getStore();

/** Whether nobody wants the answer any more. */
export const isTooLate = ({ deadline = Number.POSITIVE_INFINITY }: Pick<Context, 'deadline'> = currentContext() ?? {}): boolean => deadline <= Date.now();

export const within = <R>(context: Context, work: () => R): R => storage.run(context, work);

/** A place in the trace that came in, or in a new one when none did or it was malformed. Nothing is recorded of it: spans are in `trace/`. */
export function continueTrace(incoming: string | undefined): string {
  // UUIDs come from a pool of random bytes: this runs several times a request, and drawing each time costs six times as much.
  const drawn = randomUUID().replaceAll('-', '');
  const { traceId, traceFlags } = readTraceparent(incoming) ?? newTrace();
  return writeTraceparent({ traceId, spanId: `${drawn.slice(0, 12)}${drawn.slice(-4)}`, traceFlags });
}

/** For what goes on beside all requests, again and again: a trace of each time would only be in the way. */
export const untraced = (): string => writeTraceparent({ ...newTrace(), spanId: randomUUID().replaceAll('-', '').slice(-16), traceFlags: TraceFlags.NONE });

export { traceIdOf } from './trace/traceparent.ts';

function newTrace() {
  const traceId = randomUUID().replaceAll('-', '');
  return { traceId, traceFlags: keepsTrace(traceId) ? TraceFlags.SAMPLED : TraceFlags.NONE };
}
