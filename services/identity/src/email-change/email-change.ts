/** Another address that somebody asked for: both are to say yes. */
export interface EmailChange {
  readonly id: string;
  readonly personId: string;
  /** Where it was asked: that one stays signed in. */
  readonly sessionId: string;
  readonly oldEmail: string;
  readonly newEmail: string;
  readonly oldConfirmedAt: Date | null;
  readonly newConfirmedAt: Date | null;
  readonly expiresAt: Date;
  readonly completedAt: Date | null;
  readonly supersededAt: Date | null;
}

export type Side = 'old' | 'new';

export const isOpen = ({ completedAt, supersededAt, expiresAt }: Pick<EmailChange, 'completedAt' | 'supersededAt' | 'expiresAt'>, at: Date): boolean =>
  completedAt === null && supersededAt === null && expiresAt > at;

/** Whether with this side's yes both have said it. */
export const completes = ({ oldConfirmedAt, newConfirmedAt }: Pick<EmailChange, 'oldConfirmedAt' | 'newConfirmedAt'>, side: Side): boolean =>
  (side === 'old' ? newConfirmedAt : oldConfirmedAt) !== null;
