import type { MailRecord } from '@mela/contracts';

export type MailState = MailRecord['state'];

/** A mail on its way. What it says is asked for when it is sent, so nothing here is worth stealing. */
export interface Mail {
  /** The event's that it tells of: heard twice, it is one mail. */
  readonly id: string;
  readonly about: string;
  readonly subjectId: string;
  readonly state: MailState;
  /** Those that have begun. */
  readonly attempts: number;
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

/** How an attempt ended. */
export type Sent =
  | { readonly kind: 'sent' }
  /** Nobody needs it any more. */
  | { readonly kind: 'needless'; readonly why: string }
  /** It may go better next time. */
  | { readonly kind: 'later'; readonly why: string }
  /** It will never go. */
  | { readonly kind: 'never'; readonly why: string };

/** What becomes of a mail after an attempt. */
export type Verdict =
  | { readonly state: Exclude<MailState, 'waiting'>; readonly reason: string | null }
  | { readonly state: 'waiting'; readonly reason: string; readonly pauseMs: number };

export interface Patience {
  readonly attempts: number;
  /** The first pause. */
  readonly retrySeconds: number;
}

const LONGEST_PAUSE_MS = 60 * 60_000;

export function verdictOn(outcome: Sent, attempts: number, patience: Patience): Verdict {
  if (outcome.kind === 'sent') return { state: 'sent', reason: null };
  if (outcome.kind === 'needless') return { state: 'needless', reason: outcome.why };
  const why = withoutAddresses(outcome.why);
  if (outcome.kind === 'never') return { state: 'failed', reason: why };
  if (attempts >= patience.attempts) return { state: 'failed', reason: `given up after ${attempts} attempts: ${why}` };
  return { state: 'waiting', reason: why, pauseMs: pauseAfter(attempts, patience) };
}

/** Twice as long each time, an hour at most. */
const pauseAfter = (attempts: number, { retrySeconds }: Patience): number => Math.min(LONGEST_PAUSE_MS, retrySeconds * 1_000 * 2 ** Math.min(attempts - 1, 20));

/** The same of one event in every attempt and from every process: whoever gets it twice throws one away. */
export const messageIdOf = (id: string, from: string): string => `<${id}@${/@([^\s<>@]+)>?$/.exec(from)?.[1] ?? 'mela'}>`;

export const asRecord = ({ id, about, state, attempts, reason, createdAt, settledAt }: Mail): MailRecord => ({
  id, about, state, attempts, reason, createdAt: createdAt.toISOString(), settledAt: settledAt?.toISOString() ?? null,
});

interface MailServerFault {
  readonly code?: unknown;
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

/** The sender is the same in every mail: whoever refuses it refuses us. */
const ABOUT_THIS_MAIL = new Set(['RCPT TO', 'DATA']);
/** We are to say who we are, at whatever moment the server asks for that. */
const WHO_ARE_YOU = new Set([530, 534, 535]);
/** What we may do here, and our own address (RFC 3463): many servers say so only when they hear the recipient's. */
const OURS_TO_MEND = /^5\.(7\.\d+|1\.[78])$/;

/**
 * A mail server's no. It is for good where the server says so of this very mail, of whom it is to or what it says; a password that
 * is wrong, a sender that may not send or a server that is shut is ours to mend, and the mail waits. Of its words the codes are kept: the rest may name the person.
 */
export function refusedBy(fault: MailServerFault): Sent {
  const { code, command, responseCode, response } = fault;
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const enhanced = typeof response === 'string' ? /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(response)?.[0] : undefined;
  const why = [status, enhanced, status === undefined ? String(code ?? 'unknown fault') : undefined, typeof command === 'string' ? `at ${command}` : undefined].filter((word) => word !== undefined).join(' ');
  const isOurs = status === undefined || WHO_ARE_YOU.has(status) || OURS_TO_MEND.test(enhanced ?? '');
  const forGood = !isOurs && status >= 500 && ABOUT_THIS_MAIL.has(String(command));
  return { kind: forGood ? 'never' : 'later', why };
}

/** Mail servers say to whom they would not deliver, and what they said is kept for longer than people may be. */
const withoutAddresses = (text: string): string => text.replaceAll(/[^\s<>"]+@[^\s<>"]+/g, '…');
