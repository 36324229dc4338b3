import { z } from 'zod';
import { anyone } from '../language/access.ts';
import { perAddress } from '../language/limit.ts';
import { Instant, Text } from '../language/models.ts';
import { command } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { Suspended, UserRegistered } from './person.ts';
import { Device, EmailTaken, SecondFactorNeeded, Session, SessionOpenedElsewhere } from './session.ts';

/** What the settings call a provider. */
export const OutsideProvider = z.string().max(40).meta({ examples: ['google'] });

/** What its app was given by the provider itself. */
const IdToken = z.string().max(16_000);
const Nonce = z.string().min(1).max(200).meta({ examples: ['n-0S6_WzA2Mj'] });

/** What somebody is to be called who is new here, where the provider does not say. */
const Name = Text(80).meta({ examples: ['Asha Rao'] });

export const OutsideUnknown = refusal('identity.outside_unknown', 404, 'There is no such provider', 'The instance’s settings name those that there are');
export const OutsideUnavailable = refusal('identity.outside_unavailable', 503, 'The provider does not answer', 'Try again shortly, or sign in another way');
// One for all that may be wrong with one: whoever tries learns nothing from it.
export const OutsideTokenRefused = refusal('identity.outside_token_refused', 401, 'This ID token is not valid here', 'Sign in at the provider again');
export const OutsideEmailUnverified = refusal('identity.outside_email_unverified', 403, 'The provider does not say that your e-mail address is yours', 'Verify it at the provider, or register here and link it');

export const RedirectRefused = refusal('identity.redirect_refused', 400, 'Nobody is sent back to this address', 'Send one that the settings name for the provider, to the letter');
export const OutsideFlowRefused = refusal('identity.outside_flow_refused', 401, 'This sign-in is over, or was begun by somebody else', 'Begin again');

/** PKCE (RFC 7636) between whoever begins a sign-in and us: the verifier stays with them until they come back, and shows that it is them. */
const challenge = {
  codeChallenge: z.string().regex(/^[\w-]{43}$/, 'is to be the SHA-256 of the verifier, as base64url').meta({ examples: ['KLWTnm82wB4Nm1AZYbK_7aXBEVw7K77FAB35Ibx5UeU'] }),
  codeChallengeMethod: z.literal('S256'),
};
const CodeVerifier = z.string().regex(/^[\w.~-]{43,128}$/, 'is to be 43 to 128 letters, digits, or -._~').meta({ examples: ['cubbon-park-at-six-and-the-lake-at-dawn-0123'] });

/** A sign-in under way at a provider's page. */
export const OutsideFlow = z.object({ url: z.string(), state: z.string(), expiresAt: Instant });
export type OutsideFlow = z.output<typeof OutsideFlow>;

/** What the provider's page sent the browser back with, and the verifier that never left it. */
const cameBack = {
  state: z.string().min(1).max(200).meta({ examples: ['kept-since-it-began'] }),
  codeVerifier: CodeVerifier,
  code: z.string().min(1).max(4_000).meta({ examples: ['SplxlOBeZQQYbYS6WxSbIA'] }),
  /** Of providers that say in the address who they are. */
  iss: z.string().max(2_000).optional(),
};

/** What shows that somebody has just signed in at a provider. */
export const OutsideProof = z
  .union([z.strictObject({ idToken: IdToken, nonce: Nonce.optional() }), z.strictObject(cameBack)])
  .meta({ examples: [{ idToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhc2hhIn0.c2lnbmF0dXJl' }] });
export type OutsideProof = z.output<typeof OutsideProof>;

/** Signing in with another’s word for who somebody is. */
const signingIn = {
  access: anyone,
  limit: perAddress(60, '1m'),
  output: Session,
  emits: [UserRegistered, SessionOpenedElsewhere],
  secret: true,
  session: 'opens',
} as const;
const whoIsNobodyYet = [OutsideUnknown, OutsideUnavailable, OutsideEmailUnverified, EmailTaken, Suspended, SecondFactorNeeded];

export const outsideOperations = {
  signInOutside: command({
    summary: 'Sign in with the ID token that an app got from a provider; whoever is new gets an account without a password',
    http: 'POST /identity/outside/:provider/id-token',
    input: z.object({ provider: OutsideProvider, idToken: IdToken, nonce: Nonce.optional(), name: Name.optional(), device: Device.optional() }),
    refusals: [...whoIsNobodyYet, OutsideTokenRefused],
    ...signingIn,
  }),
  beginOutside: command({
    summary: 'Begin to sign in at a provider’s page: where to send the browser, and what to keep until it comes back',
    http: 'POST /identity/outside/:provider/begin',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ provider: OutsideProvider, redirectUri: z.string().max(2_000).meta({ examples: ['https://app.example/signed-in'] }), ...challenge }),
    output: OutsideFlow,
    refusals: [OutsideUnknown, OutsideUnavailable, RedirectRefused],
    secret: true,
  }),
  finishOutside: command({
    summary: 'Sign in with what the provider’s page sent the browser back with; works once',
    http: 'POST /identity/outside/:provider/finish',
    input: z.object({ provider: OutsideProvider, ...cameBack, name: Name.optional(), device: Device.optional() }),
    refusals: [...whoIsNobodyYet, OutsideTokenRefused, OutsideFlowRefused],
    ...signingIn,
  }),
};
