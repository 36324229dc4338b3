import { z } from 'zod';
import { person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, Instant, id } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { topic } from '../topics.ts';
import { ApiKeyRevoked } from './api-key.ts';
import { byItsOwner, unlessByItsOwner } from './owner-proof.ts';
import { ProfileChanged } from './profile.ts';
import { LastSuperAdmin } from './role.ts';
import { SessionRevoked } from './session.ts';

const ofOneself = { aggregate: 'user', data: z.object({ userId: Id }), audience: (e: { userId: string }) => [topic.person(e.userId)], example: { userId: id(1) } };

export const UserDeactivated = event('user.deactivated', { summary: 'A person has closed their account: others see nothing of them until they sign in again', ...ofOneself });

export const UserReactivated = event('user.reactivated', { summary: 'A person who had closed their account has signed in again', ...ofOneself });

export const UserDeletionRequested = event('user.deletion_requested', {
  summary: 'A person has closed their account for good: what is kept of them goes at that time, unless they sign in before',
  ...ofOneself,
  data: z.object({ userId: Id, dueAt: Instant }),
  example: { userId: id(1), dueAt: '2026-01-15T09:30:00.000Z' },
});

export const UserDeletionCancelled = event('user.deletion_cancelled', { summary: 'A person has signed in before their account was deleted, and keeps it', ...ofOneself });

export const UserDeleted = event('user.deleted', { summary: 'A person is gone: whoever keeps anything personal of theirs erases it, and may keep the id', ...ofOneself });

export const departureOperations = {
  deactivate: command({
    summary: 'Close the caller’s account: every session and API key ends, and others see nothing of them, until they sign in again',
    http: 'POST /identity/deactivate',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object(byItsOwner),
    output: z.object({ deactivatedAt: Instant }),
    refusals: [...unlessByItsOwner, LastSuperAdmin],
    emits: [UserDeactivated, SessionRevoked, ApiKeyRevoked, ProfileChanged],
    session: 'ends',
    inPerson: true,
  }),
  delete: command({
    summary: 'Close the caller’s account and delete it when the grace period is over; signing in before keeps it',
    http: 'POST /identity/delete',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object(byItsOwner),
    output: z.object({ dueAt: Instant }),
    refusals: [...unlessByItsOwner, LastSuperAdmin],
    emits: [UserDeletionRequested, SessionRevoked, ApiKeyRevoked, ProfileChanged],
    session: 'ends',
    inPerson: true,
  }),
};
