import { z } from 'zod';
import { anyone, person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perAddress, perUser } from '../language/limit.ts';
import { Id, id } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { Person } from './person.ts';

/** What a mail brings: it works once. */
export const OneTimeToken = z.string().min(1).max(200).meta({ examples: ['AZAAAAAAcACAAAAAAAAAASFhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3g'] });

// The same of one that was invented, used, superseded or is too old: whoever guesses learns nothing.
export const TokenRefused = refusal('identity.token_refused', 410, 'This link is not good any more', 'Ask for a new one');
export const EmailVerified = refusal('identity.email_verified', 409, 'This e-mail address is verified already');

/** For whom, and with which token, is asked at the moment of sending (`identity.mail`). */
export const VerificationRequested = event('verification.requested', {
  summary: 'A mail with a one-time link is due',
  aggregate: 'verification',
  data: z.object({ verificationId: Id }),
  example: { verificationId: id(7) },
});

export const UserEmailVerified = event('user.email_verified', {
  summary: 'A person has shown that their e-mail address is theirs',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const verificationOperations = {
  verifyEmail: command({
    summary: 'Show that an e-mail address is yours, with the token that was sent there',
    http: 'POST /identity/verify-email',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ token: OneTimeToken }),
    output: Person,
    refusals: [TokenRefused],
    emits: [UserEmailVerified],
  }),
  verifyEmailAgain: command({
    summary: 'Send the mail that verifies your address once more; the one before is worth nothing then',
    http: 'POST /identity/verify-email/again',
    access: person,
    limit: perUser(5, '1h'),
    input: z.object({}),
    output: z.object({ accepted: z.literal(true) }),
    refusals: [EmailVerified],
    emits: [VerificationRequested],
  }),
};
