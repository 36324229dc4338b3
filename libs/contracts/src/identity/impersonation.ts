import { z } from 'zod';
import { platform } from '../language/access.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, Text } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { Person, PersonUnknown, Suspended } from './person.ts';

/** Somebody else's eyes for a while: an access token alone, which names whoever looks through them. */
export const Impersonation = z.object({ person: Person, accessToken: z.string(), expiresAt: Instant });
export type Impersonation = z.output<typeof Impersonation>;

export const MayNotImpersonate = refusal('identity.may_not_impersonate', 403, 'Nobody looks through a super-admin’s eyes');

export const impersonationOperations = {
  impersonate: command({
    summary: 'See what a person sees, for a while and for a reason that is noted; what is theirs alone to do stays so',
    http: 'POST /identity/people/:personId/impersonate',
    access: platform('super_admin'),
    limit: perUser(30, '1m'),
    input: z.object({ personId: Id, reason: Text(500) }),
    output: Impersonation,
    refusals: [PersonUnknown, Suspended, MayNotImpersonate],
    secret: true,
    inPerson: true,
  }),
};
