import { ProcessSettings, secret, whole } from '@mela/chassis';
import { z } from 'zod';
import { isOriginOf, originsIn } from './passkey/origins.ts';
import { outsideProviders, speaksPlainly } from './outside/outside-settings.ts';
import { algorithms } from './signing-key/signing-key.ts';

/** What identity reads from the environment, and nobody else does. */
export const IdentitySettings = z.object({
  IDENTITY_KEY_SECRET: secret.describe('Seals the signing keys at rest and derives refresh tokens; the same for every replica: openssl rand -hex 32'),
  IDENTITY_KEY_ALGORITHM: z.enum(algorithms).default('Ed25519').describe('What the next signing key is made for: Ed25519, or ES256 for clients that know no other'),
  IDENTITY_KEY_DAYS: whole(1, 3_650).default(90).describe('How long a key signs before the next one does'),
  IDENTITY_KEY_OVERLAP_MINUTES: whole(0, 10_080).default(15).describe('How long a key is published before it signs: longer than anybody caches keys'),
  IDENTITY_ACCESS_TOKEN_MINUTES: whole(1, 1_440).default(30).describe('How long an access token is good for; a revoked session ends with it at the latest'),
  IDENTITY_SESSION_DAYS: whole(1, 400).default(60).describe('Days after which whoever signed in signs in again, however often they refreshed'),
  IDENTITY_REFRESH_GRACE_SECONDS: whole(0, 300).default(30).describe('How long a used refresh token gives the same successor again, for answers that got lost'),
  IDENTITY_IMPERSONATION_MINUTES: whole(1, 60).default(15).describe('How long a super-admin may look through somebody’s eyes at a time'),
  IDENTITY_API_KEYS: whole(1, 1_000).default(20).describe('API keys that a person may have at once'),
  IDENTITY_API_KEY_OVERLAP_MINUTES: whole(5, 10_080).default(1_440).describe('How long an API key that was rotated goes on working, unless whoever rotates it says'),
  IDENTITY_AUDIT_DAYS: whole(30, 3_650).default(365).describe('Days after which what is noted in the audit log is forgotten'),
  IDENTITY_DELETION_DAYS: whole(0, 365).default(14).describe('Days between asking for an account’s deletion and its end; whoever signs in before keeps it'),
  IDENTITY_HASHING_LANES: whole(1, 64).optional().describe('Passwords hashed at once; unless set, as many as there are cores, at most 3'),
  IDENTITY_HASHING_QUEUE: whole(0, 10_000).default(100).describe('Passwords that may wait to be hashed; beyond that the answer is 503'),
  IDENTITY_OIDC: outsideProviders.describe('OpenID providers that people may sign in with, as JSON: [{"name","issuer","clientId","clientSecret","audiences","redirectUris"}]'),
  MELA_ENV: ProcessSettings.shape.MELA_ENV,
  WEBAUTHN_RP_ID: z.string().min(1).default('localhost').describe('The domain that passkeys are for, such as mela.example; with another one those of before are worth nothing'),
  WEBAUTHN_ORIGINS: z
    .string()
    .default('http://localhost:8080,http://localhost:3000,http://localhost:5173')
    .transform(originsIn)
    .describe('Pages and apps that may ask for passkeys, separated by commas: https://app.mela.example, android:apk-key-hash:…'),
}).superRefine(({ MELA_ENV, IDENTITY_OIDC, WEBAUTHN_RP_ID, WEBAUTHN_ORIGINS }, context) => {
  if (MELA_ENV === 'production' && IDENTITY_OIDC.some(speaksPlainly))
    context.addIssue({ code: 'custom', path: ['IDENTITY_OIDC'], message: 'is to name issuers that begin with https:// in production' });
  if (WEBAUTHN_ORIGINS.length === 0 || !WEBAUTHN_ORIGINS.every((origin) => isOriginOf(WEBAUTHN_RP_ID, origin)))
    context.addIssue({ code: 'custom', path: ['WEBAUTHN_ORIGINS'], message: 'is to list origins of the domain WEBAUTHN_RP_ID or below it, over https unless that is localhost' });
});
export type IdentitySettings = z.output<typeof IdentitySettings>;
