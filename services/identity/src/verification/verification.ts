import type { NeedlessMail } from '@mela/contracts';

/** What somebody shows by holding the token that was sent to an address. */
export type Purpose = 'verify_email' | 'reset_password' | 'confirm_old_email' | 'confirm_new_email';

/** How long a token is good for, in minutes. */
export const lifetime: Readonly<Record<Purpose, number>> = {
  verify_email: 24 * 60,
  reset_password: 30,
  confirm_old_email: 24 * 60,
  confirm_new_email: 24 * 60,
};

export interface Verification {
  readonly id: string;
  readonly purpose: Purpose;
  /** Null for a forgotten password: whose the address is, if anybody's, is asked later. */
  readonly personId: string | null;
  readonly changeId: string | null;
  readonly email: string;
  readonly salt: Buffer;
  readonly tokenHash: Buffer;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
  readonly supersededAt: Date | null;
}

export type Standing = 'open' | Exclude<NeedlessMail['why'], 'unknown' | 'nobody'>;

/** Whether its token is good at this moment, and if not, why. */
export function standingOf({ usedAt, supersededAt, expiresAt }: Pick<Verification, 'usedAt' | 'supersededAt' | 'expiresAt'>, at: Date): Standing {
  if (usedAt !== null) return 'used';
  if (supersededAt !== null) return 'superseded';
  return expiresAt <= at ? 'expired' : 'open';
}
