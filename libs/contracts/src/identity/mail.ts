import { z } from 'zod';
import { services } from '../language/access.ts';
import { Id, Instant } from '../language/models.ts';
import { query } from '../language/operation.ts';

/** What identity has somebody told by mail. */
export const mailKinds = [
  'verify_email',
  'reset_password',
  'confirm_old_email',
  'confirm_new_email',
  'password_changed',
  'email_changed',
  'signed_in_elsewhere',
  'second_factor_on',
  'second_factor_off',
  'second_factor_reset',
  'passkey_added',
  'provider_added',
  'api_key_issued',
  'role_member',
  'role_admin',
  'role_super_admin',
] as const;
export type MailKind = (typeof mailKinds)[number];

/** What has happened to an account, and is told to whoever it is of. */
const ofPerson = z.enum(['password_changed', 'role_changed', 'second_factor_on', 'second_factor_off', 'second_factor_reset', 'passkey_added', 'provider_added', 'api_key_issued']);
export type MailOfPerson = z.output<typeof ofPerson>;

/** A mail that is due: to whom, in which language, and what stands in it that no event may carry. */
export const DueMail = z.object({
  needed: z.literal(true),
  kind: z.enum(mailKinds),
  email: z.string(),
  /** Null where nobody has shown yet that the address is theirs: nobody is called there as somebody else chose. */
  name: z.string().nullable(),
  locale: z.string(),
  /** Where the reader's clocks are, if they ever said so. */
  timeZone: z.string().nullable(),
  /** The address that is to come, where that is what it is about. */
  newEmail: z.string().nullable(),
  /** With it the reader proves that they read it. */
  token: z.string().nullable(),
  expiresAt: Instant.nullable(),
  /** The one that it tells of. */
  signIn: z.object({ device: z.string().nullable(), at: Instant }).nullable(),
});
export type DueMail = z.output<typeof DueMail>;

/** It came about, and nobody is to be written to any more. */
export const NeedlessMail = z.object({ needed: z.literal(false), why: z.enum(['unknown', 'used', 'superseded', 'expired', 'nobody']) });
export type NeedlessMail = z.output<typeof NeedlessMail>;

export const mailOperations = {
  mail: query({
    summary: 'To whom a mail goes, and with which token: asked by whoever sends it, at that moment. `id` is the verification’s, the person’s, the change’s, or the session’s',
    access: services,
    input: z.object({ about: z.enum(['verification', 'email_changed', 'signed_in_elsewhere', ...ofPerson.options]), id: Id }),
    output: z.discriminatedUnion('needed', [DueMail, NeedlessMail]),
  }),
};
