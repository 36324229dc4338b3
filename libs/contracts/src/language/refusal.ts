/**
 * A refusal is an answer, not a failure: a rule said no, for a reason that has a stable code.
 * Rules return it, transactions roll back on it, and the caller receives it as a problem document.
 */
export interface Refusal {
  readonly refused: true;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly hint?: string;
  /** Facts a client may act on, such as the fields that were wrong. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface RefusalType {
  (detail?: string, facts?: Readonly<Record<string, unknown>>): Refusal;
  readonly code: string;
  readonly status: number;
  readonly title: string;
}

const codeGrammar = /^[a-z][a-z_]*(\.[a-z][a-z_]*)+$/;

export function refusal(code: string, status: number, title: string, hint?: string): RefusalType {
  if (!codeGrammar.test(code)) throw new Error(`"${code}" is not a code: write it like "booking.full"`);
  const make = (detail?: string, facts?: Readonly<Record<string, unknown>>): Refusal => ({
    refused: true,
    code,
    status,
    title,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail }),
    ...(facts === undefined ? {} : { facts }),
  });
  return Object.assign(make, { code, status, title });
}

/** Something is broken, or it was too often of late: not an answer yet, the next attempt may get one. */
export const isForNow = ({ status }: Refusal): boolean => status >= 500 || status === 429;

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && (value as Partial<Refusal>).refused === true;
