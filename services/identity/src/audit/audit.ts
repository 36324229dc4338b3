import type { Caller } from '@mela/bus';
import type { AuditEntry, AuditKind } from '@mela/contracts';

/** One thing that happened, as a use case tells it. */
export interface Happening {
  readonly what: AuditKind;
  /** Whoever asked; null where nobody is known to have. */
  readonly by: Pick<Caller, 'personId' | 'actor'> | null;
  readonly about?: string | undefined;
  readonly device?: string | undefined;
  /** Facts that explain it: never a secret, never an address of a stranger, never what somebody called a thing of theirs. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** As it is kept. */
export interface AuditState {
  readonly id: string;
  readonly at: Date;
  readonly what: AuditKind;
  readonly who: string | null;
  readonly about: string | null;
  readonly clientAddress: string | null;
  readonly userAgent: string | null;
  readonly device: string | null;
  readonly traceId: string | null;
  readonly details: Record<string, unknown>;
}

/** The doing is whose hand it was, and whose eyes they looked through is told beside it. */
export function doerOf(by: Happening['by']): { who: string | null; details: Record<string, string> } {
  if (by?.actor === undefined) return { who: by?.personId ?? null, details: {} };
  return { who: by.actor, details: { as: by.personId } };
}

export const asEntry = ({ id, at, what, who, about, clientAddress, userAgent, device, traceId, details }: AuditState): AuditEntry => ({
  id, at: at.toISOString(), what, who, about, clientAddress, userAgent, device, traceId, details,
});

/** As whom it concerns may read it. Where somebody did it who is known, and is another, their whereabouts are theirs. */
export const asOwnEntry = (entry: AuditState): AuditEntry =>
  entry.who === null || entry.who === entry.about ? asEntry(entry) : asEntry({ ...entry, clientAddress: null, userAgent: null, device: null, traceId: null });
