/** What can be wrong with a mail server, for those who are to get over it. */
export type SmtpFault =
  /** It says no, at the recipient or when all was told: 4xx for now, 5xx for good. */
  | { readonly kind: 'refuse'; readonly code: number; readonly at?: 'recipient' | 'data' }
  /** It takes its time before it answers. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** It breaks off when all was told, having taken the mail or not: nobody learns which. */
  | { readonly kind: 'drop'; readonly taken: boolean };

interface Planned {
  readonly fault: SmtpFault;
  left: number;
}

/** What goes wrong next, and how often. */
export class SmtpFaults {
  private planned: Planned[] = [];

  plan(fault: SmtpFault, times = 1): void {
    this.planned.push({ fault, left: times });
  }

  clear(): void {
    this.planned = [];
  }

  /** The fault that strikes here, once less from now on. */
  strikes(at: 'recipient' | 'data'): SmtpFault | undefined {
    const next = this.planned[0];
    if (!next || placeOf(next.fault) !== at) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.planned.shift();
    return next.fault;
  }
}

const placeOf = (fault: SmtpFault): 'recipient' | 'data' => (fault.kind === 'refuse' ? (fault.at ?? 'data') : 'data');
