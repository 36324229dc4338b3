import { Forbidden, MayNotImpersonate, PersonUnknown, Suspended, type Refusal } from '@mela/contracts';
import type { Account } from '../person/person.ts';

type Standing = Pick<Account, 'id' | 'role' | 'suspendedAt' | 'deactivatedAt'>;

/** Whether the asker, as they are now, may look through the other's eyes. Those of super-admins, their own among them, are closed. */
export function mayImpersonate(asker: Standing | undefined, other: Standing): Refusal | undefined {
  if (!asker || asker.suspendedAt !== null || asker.deactivatedAt !== null || asker.role !== 'super_admin') return Forbidden('You are no super-admin any more');
  if (other.role === 'super_admin') return MayNotImpersonate();
  if (other.deactivatedAt !== null) return PersonUnknown();
  return other.suspendedAt === null ? undefined : Suspended();
}
