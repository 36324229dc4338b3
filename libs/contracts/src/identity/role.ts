import { z } from 'zod';
import { platform, services } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perUser } from '../language/limit.ts';
import { Id, id } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { Email, Person, PersonUnknown } from './person.ts';
import { SessionRevoked } from './session.ts';

const Role = Person.shape.role;

export const LastSuperAdmin = refusal('identity.last_super_admin', 409, 'The platform needs a super-admin', 'Appoint another one first');

export const UserRoleChanged = event('user.role_changed', {
  summary: 'A person has another role on the platform',
  aggregate: 'user',
  data: z.object({ userId: Id, role: Role }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1), role: 'admin' },
});

export const roleOperations = {
  changeRole: command({
    summary: 'Give a person another role on the platform; they sign in anew to use it',
    http: 'PUT /identity/people/:personId/role',
    access: platform('super_admin'),
    limit: perUser(60, '1m'),
    input: z.object({ personId: Id, role: Role }),
    output: Person,
    refusals: [PersonUnknown, LastSuperAdmin],
    emits: [UserRoleChanged, SessionRevoked],
    inPerson: true,
  }),
  appoint: command({
    summary: 'Give whoever has this address a role on the platform, as the instance’s operator',
    access: services,
    input: z.object({ email: Email, role: Role }),
    output: Person,
    refusals: [PersonUnknown, LastSuperAdmin],
    emits: [UserRoleChanged, SessionRevoked],
  }),
};
