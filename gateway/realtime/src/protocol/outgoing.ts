import { isForNow, type Refusal } from '@mela/contracts';
import { closing, type Closing } from './close-codes.ts';

/** The `i` of the frame that is answered, where it had one. */
export type AnswerTo = number | undefined;

const frame = (i: AnswerTo, t: string, facts: object): string => JSON.stringify({ ...(i === undefined ? {} : { i }), t, ...facts });

export const PULSE = '{}';

interface Connected {
  readonly cid: string;
  /** Milliseconds between the server's pings. */
  readonly ping: number;
  /** When the access token ends, in seconds since 1970 as in the token itself. */
  readonly exp: number;
  /** What is heard without asking. */
  readonly topics: readonly string[];
  /** Milliseconds within which to come back, at a moment of one's own, where the connection breaks off without a good-bye. */
  readonly retryJitter: number;
}

const LEAST_JITTER_MS = 500;
const MOST_JITTER_MS = 5_000;

/** A gateway that dies says good-bye to nobody: about a millisecond for each of its clients, so that those who stay are not run over then either. */
export const retryJitterOf = (connections: number) => Math.min(MOST_JITTER_MS, Math.max(LEAST_JITTER_MS, connections));

export const connected = (i: AnswerTo, facts: Connected) => frame(i, 'connected', facts);

interface Subscribed {
  /** Nothing is missing between the client's cursor and what follows; otherwise it reads the state anew. */
  readonly recovered: boolean;
  /** Recovered: what happened until here is told next. Otherwise: what happened after it is. */
  readonly to: string;
}

export const subscribed = (i: AnswerTo, topic: string, { recovered, to }: Subscribed) => frame(i, 'subd', { topic, recovered, to });

interface Present {
  /** Rises by one with every difference. */
  readonly v: number;
  readonly join: readonly string[];
  readonly leave: readonly string[];
  /** Of all who are there, the unnamed ones, too. */
  readonly count: number;
  /** What was known before is forgotten. */
  readonly snapshot?: true;
}

export const presence = (topic: string, facts: Present) => frame(undefined, 'pres', { topic, ...facts });

/** The past is told; what follows happens now. */
export const live = (topic: string) => frame(undefined, 'live', { topic });

/** With a code when it was not the client's own wish. */
export const unsubscribed = (i: AnswerTo, topic: string, code?: string) => frame(i, 'unsub', { topic, ...(code === undefined ? {} : { code }) });

/** The new token holds, until `exp`. */
export const refreshed = (i: AnswerTo, exp: number) => frame(i, 'auth', { exp });

/** The access token ends in so many seconds: time for an `auth` frame. */
export const expiresSoon = (seconds: number) => frame(undefined, 'authexp', { in: seconds });

/** `after`: milliseconds, where it is known when to come back. */
export function err(i: AnswerTo, refusal: Refusal, { topic, after }: { topic?: string | undefined; after?: number } = {}): string {
  const { code, title, detail } = refusal;
  return frame(i, 'err', { ...(topic === undefined ? {} : { topic }), code, message: detail ?? title, retry: isForNow(refusal), ...(after === undefined ? {} : { after }) });
}

export const SPREAD_MS = 30_000;

/** When a gateway stops, its clients come back at a moment of their own within the spread, so that those who stay are not run over. */
export const farewell = (why: Closing) => frame(undefined, 'bye', { code: why.code, ...(why === closing.drain ? { after: [0, SPREAD_MS] } : {}) });
