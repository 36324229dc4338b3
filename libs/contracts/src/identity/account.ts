import { z } from 'zod';
import { platform } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, Page, pageOf, Text, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { ApiKeyRevoked } from './api-key.ts';
import { Person, PersonUnknown } from './person.ts';
import { SessionRevoked } from './session.ts';

/** A person as those see them who look after the platform. */
export const Account = Person.extend({
  /** Since when, why and by whom they are shut out; null where they are not. */
  suspension: z.object({ at: Instant, reason: z.string(), by: Id }).nullable(),
  /** Since when they have closed it themselves, and when it goes for good; null where it is open, or stays. */
  deactivatedAt: Instant.nullable(),
  deletionDueAt: Instant.nullable(),
});
export type Account = z.output<typeof Account>;

export const NotYourself = refusal('identity.not_yourself', 403, 'Nobody does this to themselves', 'Ask another admin');

export const UserSuspended = event('user.suspended', {
  summary: 'A person is shut out: they are signed out everywhere, and nothing of theirs is lost',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const UserRestored = event('user.restored', {
  summary: 'A person who was shut out may sign in again',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const accountOperations = {
  accounts: query({
    summary: 'The people of the platform, the newest first',
    http: 'GET /identity/accounts',
    access: platform('admin'),
    limit: perUser(120, '1m'),
    input: z.object({
      /** Part of a name or an address, or how a handle begins. */
      text: Text(100).optional(),
      role: Person.shape.role.optional(),
      state: z.enum(['active', 'suspended', 'closed']).optional(),
      ...pageOf,
    }),
    output: Page(Account),
  }),
  account: query({
    summary: 'A person as those see them who look after the platform',
    http: 'GET /identity/accounts/:personId',
    access: platform('admin'),
    limit: perUser(600, '1m'),
    input: z.object({ personId: Id }),
    output: Account,
    refusals: [PersonUnknown],
  }),
  suspend: command({
    summary: 'Shut a person out: their sessions and API keys end, and they cannot sign in until they are restored',
    http: 'POST /identity/people/:personId/suspend',
    access: platform('admin'),
    limit: perUser(60, '1m'),
    input: z.object({ personId: Id, reason: Text(500) }),
    output: Account,
    refusals: [PersonUnknown, NotYourself],
    emits: [UserSuspended, SessionRevoked, ApiKeyRevoked],
    inPerson: true,
  }),
  restore: command({
    summary: 'Let a person in again who was shut out',
    http: 'POST /identity/people/:personId/restore',
    access: platform('admin'),
    limit: perUser(60, '1m'),
    input: z.object({ personId: Id }),
    output: Account,
    refusals: [PersonUnknown, NotYourself],
    emits: [UserRestored],
    inPerson: true,
  }),
};
