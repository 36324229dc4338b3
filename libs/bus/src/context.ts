import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

/** What travels with a piece of work, from the first request to the last event it causes. */
export interface Context {
  readonly traceparent: string;
  /** The caller's access token, handed on as it came: every service verifies it for itself. */
  readonly token?: string | undefined;
  readonly actor?: string | undefined;
  readonly locale?: string | undefined;
  /** When the answer is of no use any more (epoch milliseconds on this machine's clock). */
  readonly deadline?: number | undefined;
}

const storage = new AsyncLocalStorage<Context>();

export const currentContext = (): Context | undefined => storage.getStore();

export const within = <R>(context: Context, work: () => R): R => storage.run(context, work);

const traceparentGrammar = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A span of the trace that came in, or of a new one when none did or it was malformed. */
export function continueTrace(incoming: string | undefined): string {
  // UUIDs come from a pool of random bytes: this runs several times a request, and drawing each time costs six times as much.
  const drawn = randomUUID().replaceAll('-', '');
  const traceId = traceparentGrammar.exec(incoming ?? '')?.[1] ?? randomUUID().replaceAll('-', '');
  return `00-${traceId}-${drawn.slice(0, 12)}${drawn.slice(-4)}-01`;
}

export const traceIdOf = (traceparent: string): string => traceparent.slice(3, 35);
