import { z } from 'zod';
import { anyone, person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perAddress, perUser } from '../language/limit.ts';
import { Id, id } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { byItsOwner, unlessByItsOwner } from './owner-proof.ts';
import { Email } from './person.ts';
import { EmailTaken, SessionRevoked } from './session.ts';
import { OneTimeToken, TokenRefused, VerificationRequested } from './verification.ts';

export const EmailUnchanged = refusal('identity.email_unchanged', 409, 'This is your e-mail address already');

export const UserEmailChanged = event('user.email_changed', {
  summary: 'A person has another e-mail address',
  aggregate: 'user',
  data: z.object({ userId: Id, changeId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1), changeId: id(8) },
});

export const emailChangeOperations = {
  changeEmail: command({
    summary: 'Ask for another e-mail address: it changes when both the old and the new one are confirmed, within a day',
    http: 'PUT /identity/email',
    access: person,
    limit: [perUser(5, '1m'), perUser(10, '1h')],
    input: z.object({ ...byItsOwner, newEmail: Email }),
    output: z.object({ accepted: z.literal(true) }),
    refusals: [...unlessByItsOwner, EmailUnchanged],
    emits: [VerificationRequested],
    inPerson: true,
  }),
  confirmEmail: command({
    summary: 'Confirm a change of address with the token that was sent to the old or the new one; with the second it changes, and other sessions end',
    http: 'POST /identity/email/confirm',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ token: OneTimeToken }),
    output: z.object({ changed: z.boolean() }),
    refusals: [TokenRefused, EmailTaken],
    emits: [UserEmailChanged, SessionRevoked],
  }),
};
