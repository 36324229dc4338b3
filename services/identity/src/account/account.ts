import { Forbidden, NotYourself, reachesOnPlatform, type Account, type Refusal } from '@mela/contracts';
import { asPerson, type Account as Kept } from '../person/person.ts';

/** As it is kept, with why its owner is shut out. */
export interface AccountState extends Kept {
  readonly suspendedBy: string | null;
  readonly suspensionReason: string | null;
}

type Standing = Pick<Kept, 'id' | 'role' | 'suspendedAt' | 'deactivatedAt'>;

export const asAccount = (account: AccountState): Account => {
  const { suspendedAt, suspendedBy, suspensionReason, deactivatedAt, deletionDueAt } = account;
  return {
    ...asPerson(account),
    suspension: suspendedAt && { at: suspendedAt.toISOString(), reason: suspensionReason!, by: suspendedBy! },
    deactivatedAt: deactivatedAt?.toISOString() ?? null,
    deletionDueAt: deletionDueAt?.toISOString() ?? null,
  };
};

/**
 * Who may shut out, let in and help in whom. Nobody themselves: so whoever does it stays, and of super-admins who shut each other
 * out at once there is a last one. What the asker is now decides, not what their token says.
 */
export function mayLookAfter(asker: Standing | undefined, other: Pick<Standing, 'id' | 'role'>): Refusal | undefined {
  if (!asker || asker.suspendedAt !== null || asker.deactivatedAt !== null || !reachesOnPlatform(asker.role, 'admin')) return Forbidden('You do not look after the platform any more');
  if (asker.id === other.id) return NotYourself();
  if (other.role !== 'member' && asker.role !== 'super_admin') return Forbidden('Those who look after the platform are a super-admin’s to look after');
  return undefined;
}
