import { z } from 'zod';
import { anyone, person } from './language/access.ts';
import { event } from './language/event.ts';
import { hearing } from './language/hearing.ts';
import { perAddress, perUser } from './language/limit.ts';
import { Id, Instant, Text, id } from './language/models.ts';
import { command, query, service } from './language/operation.ts';
import { refusal } from './language/refusal.ts';
import { topic } from './topics.ts';

// Trimmed before it is checked: keyboards put a space behind an address.
export const Email = z.string().trim().toLowerCase().max(254).check(z.email()).meta({ examples: ['asha@mela.example'] });
export const Password = z.string().min(10).max(200).meta({ examples: ['cubbon-park-at-six'] });

export const Person = z.object({ id: Id, email: z.string(), name: z.string(), createdAt: Instant });
export type Person = z.output<typeof Person>;

/** What signing in gives: a short-lived access token, and a refresh token that works once. */
export const Session = z.object({
  person: Person,
  accessToken: z.string(),
  expiresAt: Instant,
  refreshToken: z.string(),
});
export type Session = z.output<typeof Session>;

export const EmailTaken = refusal('identity.email_taken', 409, 'This e-mail address has an account already', 'Sign in instead');
export const WrongCredentials = refusal('identity.wrong_credentials', 401, 'E-mail and password do not match');
export const RefreshRefused = refusal('identity.refresh_refused', 401, 'This refresh token is not valid', 'Sign in again');
export const HashingBusy = refusal('identity.busy', 503, 'Too many people are signing in at once', 'Try again shortly');

export const UserRegistered = event('user.registered', {
  summary: 'A person has an account',
  aggregate: 'user',
  data: z.object({ userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1) },
});

export const identity = service('identity', {
  register: command({
    summary: 'Create an account and sign in',
    http: 'POST /identity/register',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ email: Email, password: Password, name: Text(80) }),
    output: Session,
    refusals: [EmailTaken, HashingBusy],
    emits: [UserRegistered],
    secret: true,
  }),
  signIn: command({
    summary: 'Sign in with e-mail and password',
    http: 'POST /identity/sign-in',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ email: Email, password: z.string().max(200).meta({ examples: ['cubbon-park-at-six'] }) }),
    output: Session,
    refusals: [WrongCredentials, HashingBusy],
    secret: true,
  }),
  refresh: command({
    summary: 'Exchange a refresh token for a new session; the old token stops working',
    http: 'POST /identity/refresh',
    access: anyone,
    limit: perAddress(120, '1m'),
    input: z.object({ refreshToken: z.string().max(200) }),
    output: Session,
    refusals: [RefreshRefused],
    secret: true,
  }),
  me: query({
    summary: 'Who is signed in',
    http: 'GET /identity/me',
    access: person,
    limit: perUser(600, '1m'),
    input: z.object({}),
    output: Person,
  }),
  jwks: query({
    summary: 'The public keys that access tokens are verified with',
    http: 'GET /.well-known/jwks.json',
    access: anyone,
    input: z.object({}),
    output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  hearing: hearing('May the caller hear this person’s topic?'),
});
