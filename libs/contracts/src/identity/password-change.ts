import { z } from 'zod';
import { person } from '../language/access.ts';
import { command } from '../language/operation.ts';
import { byItsOwner, toldByMail, unlessByItsOwner } from './owner-proof.ts';
import { Password, UserPasswordChanged } from './person.ts';
import { SessionRevoked, WeakPassword } from './session.ts';

export const passwordChangeOperations = {
  changePassword: command({
    summary: 'Another password, for whoever knows the one of now, or a first one for whoever a provider vouches for; every other session ends',
    http: 'PUT /identity/password',
    access: person,
    limit: toldByMail,
    input: z.object({ ...byItsOwner, newPassword: Password }),
    output: z.object({ ended: z.int() }),
    refusals: [...unlessByItsOwner, WeakPassword],
    emits: [UserPasswordChanged, SessionRevoked],
    inPerson: true,
  }),
};
