import type { Operation } from '@mela/contracts';
import type { Caller } from './caller.ts';

/** The token of an `Authorization` header, where it is a bearer’s. */
export const bearer = (value: string | undefined): string | undefined => /^Bearer ([\w.~+/-]+=*)$/i.exec(value ?? '')?.[1];

/** Reads one header of a request; a name nobody sent is undefined. */
export type Headers = (name: string) => string | undefined;

export const header = {
  token: 'authorization',
  trace: 'traceparent',
  locale: 'accept-language',
  idempotencyKey: 'idempotency-key',
  /** Milliseconds left: a duration, since two machines' clocks need not agree. */
  timeLeft: 'mela-time-left',
  /** Path and query parameters as a JSON object of strings: they travel beside the body, which passes untouched. */
  params: 'mela-params',
  /** Where the client is, and what it calls itself: written by the gateways, which pass on none that a client sends. */
  clientAddress: 'mela-client-address',
  clientAgent: 'mela-client-agent',
  /** Of a file: from which byte on it is asked for; and in the answer how many it has, and what it is called. */
  from: 'mela-from',
  bytes: 'mela-bytes',
  fileName: 'mela-file-name',
  status: 'mela-status',
  cursor: 'mela-cursor',
  replayed: 'mela-replayed',
  retryAfter: 'retry-after',
} as const;

/** One request on its way through the wrappers; each adds what it found out. */
export interface Exchange {
  readonly operation: Operation;
  readonly body: Uint8Array;
  readonly headers: Headers;
  readonly replyHeaders: Map<string, string>;
  caller?: Caller | undefined;
  input?: unknown;
}

export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Answers with a value or a Refusal; throws when something is broken. */
export type Step = (exchange: Exchange) => Promise<unknown>;
export type Wrapper = (next: Step) => Step;

/** The first wrapper is the outermost. */
export const wrap = (wrappers: readonly Wrapper[], innermost: Step): Step =>
  wrappers.reduceRight<Step>((next, wrapper) => wrapper(next), innermost);

/** Answers one request from bytes to bytes, whichever way it came. */
export type Serve = (body: Uint8Array, headers: Headers) => Promise<Reply>;
