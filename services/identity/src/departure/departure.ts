import { InvalidToken, LastSuperAdmin, type Refusal } from '@mela/contracts';
import type { Account } from '../person/person.ts';

/** Closing an account until its owner signs in again, or for good. */
export type Wish = 'deactivate' | 'delete';

export interface Circumstances {
  /** Whether the session that asks is still alive. */
  readonly isSignedIn: boolean;
  /** How many others look after those who look after the platform. */
  readonly otherSuperAdmins: number;
}

/**
 * Whether there is something to do, there is not because it was done already, or why it is not done. The session decides: whoever was signed
 * out meanwhile, and came back, has changed their mind since.
 */
export function closeAccount({ role, deactivatedAt, deletionDueAt }: Account, wish: Wish, { isSignedIn, otherSuperAdmins }: Circumstances): boolean | Refusal {
  if (!isSignedIn) return (wish === 'delete' ? deletionDueAt : deactivatedAt) === null ? InvalidToken('Its session has ended') : false;
  if (role === 'super_admin' && otherSuperAdmins === 0) return LastSuperAdmin();
  return true;
}
