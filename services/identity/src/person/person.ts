import { LastSuperAdmin, MayNotHear, parseTopic, topic, type Hearing, type Person, type PlatformRole, type Refusal } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';

/** An account, as it is kept. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: PlatformRole;
  /** Since when its owner is shut out. */
  readonly suspendedAt: Date | null;
  readonly emailVerifiedAt: Date | null;
  readonly language: string;
  /** Since when they have closed it themselves. */
  readonly deactivatedAt: Date | null;
  /** When it goes, unless they sign in before. */
  readonly deletionDueAt: Date | null;
  readonly version: number;
  readonly createdAt: Date;
}

/** What an account is made from. The address is what is unique about it: folded once, here, for reading and writing. */
export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** Null where others say who they are. */
  readonly passwordHash: string | null;
  readonly language: string;
}

export const foldedEmail = (email: string): string => email.trim().toLowerCase();

export const writeAccount = (draft: { email: string; name: string }, passwordHash: string | null, language: string): NewAccount => ({
  id: uuidv7(),
  email: foldedEmail(draft.email),
  name: draft.name,
  passwordHash,
  language,
});

export const asPerson = ({ id, email, emailVerifiedAt, name, role, createdAt }: Account): Person => ({
  id, email, emailVerified: emailVerifiedAt !== null, name, role, createdAt: createdAt.toISOString(),
});

/** Whoever gives roles is there: the last of them keeps theirs. Answers whether there is anything to change. */
export function changeRole({ role: before }: Pick<Account, 'role'>, role: PlatformRole, others: { readonly superAdmins: number }): boolean | Refusal {
  if (before === 'super_admin' && role !== before && others.superAdmins === 0) return LastSuperAdmin();
  return role !== before;
}

/** What concerns one person is heard by that person alone, from when there was one. */
export function hearPerson(name: string, { id, createdAt }: Pick<Account, 'id' | 'createdAt'>): z.output<typeof Hearing> | Refusal {
  const asked = parseTopic(name);
  if (asked?.kind !== topic.person.kind || asked.key !== id) return MayNotHear();
  return { topic: name, scope: topic.person(id), since: createdAt.toISOString() };
}
