import { z } from 'zod';
import { anyone, person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { NotWhileImpersonating } from '../language/faults.ts';
import { perAddress, perUser } from '../language/limit.ts';
import { Id, Instant, Page, pageOf, Text, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { Email, Password, Person, Suspended, UserRegistered } from './person.ts';
import { VerificationRequested } from './verification.ts';

/** What signing in gives: a short-lived access token, and a refresh token that works once. */
export const Session = z.object({
  person: Person,
  accessToken: z.string(),
  expiresAt: Instant,
  refreshToken: z.string(),
});
export type Session = z.output<typeof Session>;

/** What a person calls the thing that they sign in on. */
export const Device = Text(80).meta({ examples: ['Asha’s phone'] });

/** One sign-in, as its owner sees it. */
export const SignedIn = z.object({
  id: Id,
  device: z.string().nullable(),
  createdAt: Instant,
  /** When its tokens were last made anew. */
  refreshedAt: Instant,
  expiresAt: Instant,
  /** The one that asks. */
  isCurrent: z.boolean(),
});
export type SignedIn = z.output<typeof SignedIn>;

export const EmailTaken = refusal('identity.email_taken', 409, 'This e-mail address has an account already', 'Sign in instead');
export const WrongCredentials = refusal('identity.wrong_credentials', 401, 'E-mail and password do not match');
// Not 401: the caller is who they are, and their token is no worse for it.
export const WrongPassword = refusal('identity.wrong_password', 403, 'This is not the password of now', 'Whoever has none shows that a provider vouches for them, or sets one as if it were forgotten');
export const WeakPassword = refusal('identity.weak_password', 422, 'This password is easy to guess', 'Three or four words that have nothing to do with each other are hard to guess');
export const TooManyAttempts = refusal('identity.too_many_attempts', 429, 'Too many passwords were tried', 'Wait as long as Retry-After says, sign in where you have before, or have your password reset');
export const RefreshRefused = refusal('identity.refresh_refused', 401, 'This refresh token is not valid', 'Sign in again');
export const SessionUnknown = refusal('identity.session_unknown', 404, 'You have no such session');
export const HashingBusy = refusal('identity.busy', 503, 'Too many people are signing in at once', 'Try again shortly');

// With `challenge`, which the second step is to show within five minutes, and `methods`, of which one suffices.
export const SecondFactorNeeded = refusal('identity.second_factor_needed', 403, 'One step is done, and a code is needed besides', 'POST /identity/sign-in/second-factor with `challenge` and a code');

export const SessionRevoked = event('session.revoked', {
  summary: 'A sign-in has ended: its tokens are good for nothing any more',
  aggregate: 'session',
  data: z.object({ sessionId: Id, userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { sessionId: id(5), userId: id(1) },
});

export const SessionOpenedElsewhere = event('session.opened_elsewhere', {
  summary: 'A person has signed in from where they never did before, though they did elsewhere: if it was not them, they had better know',
  aggregate: 'session',
  data: z.object({ sessionId: Id, userId: Id }),
  audience: (e) => [topic.person(e.userId)],
  example: { sessionId: id(5), userId: id(1) },
});

export const sessionOperations = {
  register: command({
    summary: 'Create an account and sign in',
    http: 'POST /identity/register',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ email: Email, password: Password, name: Text(80), device: Device.optional() }),
    output: Session,
    refusals: [EmailTaken, WeakPassword, HashingBusy],
    emits: [UserRegistered, VerificationRequested],
    secret: true,
    session: 'opens',
  }),
  signIn: command({
    summary: 'Sign in with e-mail and password',
    http: 'POST /identity/sign-in',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ email: Email, password: z.string().max(200).meta({ examples: ['cubbon-park-at-six'] }), device: Device.optional() }),
    output: Session,
    refusals: [WrongCredentials, TooManyAttempts, Suspended, SecondFactorNeeded, HashingBusy],
    emits: [SessionOpenedElsewhere],
    secret: true,
    keyed: false,
    session: 'opens',
  }),
  refresh: command({
    summary: 'Exchange a refresh token for a new session; the old token stops working',
    http: 'POST /identity/refresh',
    access: anyone,
    limit: perAddress(120, '1m'),
    input: z.object({ refreshToken: z.string().max(200) }),
    output: Session,
    refusals: [RefreshRefused, Suspended],
    emits: [SessionRevoked],
    secret: true,
    session: 'renews',
  }),
  sessions: query({
    summary: 'Where the caller is signed in, the latest first',
    http: 'GET /identity/sessions',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object(pageOf),
    output: Page(SignedIn),
  }),
  endSession: command({
    summary: 'Sign out somewhere: that session’s tokens stop working at once',
    http: 'DELETE /identity/sessions/:sessionId',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({ sessionId: Id }),
    output: z.object({ ended: z.int() }),
    refusals: [SessionUnknown],
    emits: [SessionRevoked],
    inPerson: true,
  }),
  signOut: command({
    summary: 'Sign out here, or on every device',
    http: 'POST /identity/sign-out',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({ everywhere: z.boolean().default(false) }),
    output: z.object({ ended: z.int() }),
    refusals: [NotWhileImpersonating],
    emits: [SessionRevoked],
    session: 'ends',
  }),
};
