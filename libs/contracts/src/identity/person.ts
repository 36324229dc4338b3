import { z } from 'zod';
import { platformRoles } from '../language/access.ts';
import { event } from '../language/event.ts';
import { Id, Instant, id } from '../language/models.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';

// Trimmed before it is checked: keyboards put a space behind an address.
export const Email = z.string().trim().toLowerCase().max(254).check(z.email()).meta({ examples: ['asha@mela.example'] });
export const Password = z.string().min(10).max(200).meta({ examples: ['cubbon-park-at-six'] });

/** Who looks after the platform; in communities people have roles of their own. */
const Role = z.enum(platformRoles);

export const Person = z.object({ id: Id, email: z.string(), emailVerified: z.boolean(), name: z.string(), role: Role, createdAt: Instant });
export type Person = z.output<typeof Person>;

export const LastWayIn = refusal('identity.last_way_in', 409, 'Without this you could not sign in any more', 'Set a password, link a provider or add a passkey first');
export const PersonUnknown = refusal('identity.person_unknown', 404, 'Nobody here is that');

// Told to whoever has shown that the account is theirs, and to nobody else.
export const Suspended = refusal('identity.suspended', 403, 'This account is suspended', 'Write to those who look after the platform');

export const UserRegistered = event('user.registered', {
  summary: 'A person has an account',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const UserPasswordChanged = event('user.password_changed', {
  summary: 'A person has another password',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});
