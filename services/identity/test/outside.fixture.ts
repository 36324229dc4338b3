import type { OutsideFlow } from '@mela/contracts';
import { openOidcSandbox, type OidcSandbox, type TokenOrder } from '@mela/sandbox';
import { IdentitySettings } from '../src/settings.ts';
import { settings } from './identity.fixture.ts';

export const REDIRECT = 'http://localhost:3000/signed-in';

export type Begun = OutsideFlow & { readonly codeVerifier: string };

/** A provider of these tests' own, and what identity is told of it. */
export async function openProvider(changes: Record<string, unknown> = {}): Promise<OidcSandbox & { IDENTITY_OIDC: IdentitySettings['IDENTITY_OIDC'] }> {
  const sandbox = await openOidcSandbox({ env: {}, redirectUris: [REDIRECT] });
  const [provider] = JSON.parse(sandbox.settings['IDENTITY_OIDC']!) as [Record<string, unknown>];
  const { IDENTITY_OIDC } = IdentitySettings.parse({ IDENTITY_KEY_SECRET: settings.IDENTITY_KEY_SECRET, IDENTITY_OIDC: JSON.stringify([{ ...provider, ...changes }]) });
  return { ...sandbox, IDENTITY_OIDC };
}

/** Tokens that are to be refused, each for one reason. */
export const forged: readonly (readonly [string, TokenOrder])[] = [
  ['is for another client', { claims: { aud: 'somebody-else' } }],
  ['is for us and for another', { claims: { aud: ['mela', 'somebody-else'] } }],
  ['is for nobody', { claims: { aud: null } }],
  ['is of another issuer', { claims: { iss: 'https://evil.example' } }],
  ['is of an issuer that is called almost so', { claims: { iss: 'http://127.0.0.1' } }],
  ['has expired', { claims: { exp: Math.floor(Date.now() / 1000) - 60 } }],
  ['never expires', { claims: { exp: null } }],
  ['is not good yet', { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } }],
  ['is about nobody', { claims: { sub: null } }],
  ['is about an empty name', { claims: { sub: '' } }],
  ['is about a name that is too long', { claims: { sub: 'a'.repeat(256) } }],
  ['is about a name that cannot be kept', { claims: { sub: 'asha\u0000' } }],
  ['is about a name that would be kept as another', { claims: { sub: 'asha\ud800' } }],
  ['nobody signed', { claims: {}, signedWith: 'nobody' }],
  ['is signed with the client’s secret', { claims: {}, signedWith: 'client-secret' }],
  ['is signed with the public key as if it were a secret', { claims: {}, signedWith: 'public-key' }],
  ['another key signed under the name of theirs', { claims: {}, signedWith: 'stranger' }],
  ['is an access token', { claims: {}, typ: 'at+jwt' }],
  ['says that somebody signed out', { claims: { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } } }],
  ['has a nonce that the app does not know of', { claims: { nonce: 'theirs' } }],
];
