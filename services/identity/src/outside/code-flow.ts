import * as client from 'openid-client';
import { IssuerAway } from './discovered.ts';
import type { OutsideProviderSettings } from './outside-settings.ts';

/** What is made for one sign-in at a page, and what the provider is to show that it knows. */
export interface FlowSecrets {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** What the browser came back with. */
export interface Returned {
  readonly code: string;
  readonly iss?: string | undefined;
}

export const newFlowSecrets = (redirectUri: string): FlowSecrets => ({
  redirectUri, state: client.randomState(), nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier(),
});

export async function addressOfPage(configuration: client.Configuration, { scopes, parameters }: OutsideProviderSettings, { redirectUri, state, nonce, verifier }: FlowSecrets): Promise<string> {
  if (configuration.serverMetadata().authorization_endpoint === undefined) throw new IssuerAway('It has no page to sign in at');
  const challenge = await client.calculatePKCECodeChallenge(verifier);
  const wanted = { ...parameters, scope: scopes, redirect_uri: redirectUri, state, nonce, code_challenge: challenge, code_challenge_method: 'S256' };
  return client.buildAuthorizationUrl(configuration, wanted).href;
}

/** Undefined where the issuer, or what it answers, does not fit this sign-in. */
export async function idTokenFor(configuration: client.Configuration, { redirectUri, state, nonce, verifier }: FlowSecrets, { code, iss }: Returned): Promise<string | undefined> {
  const back = new URL(redirectUri);
  back.search = new URLSearchParams({ code, state, ...(iss === undefined ? {} : { iss }) }).toString();
  try {
    const answer = await client.authorizationCodeGrant(
      configuration, back,
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
      { redirect_uri: redirectUri },
    );
    return answer.id_token;
  } catch (fault) {
    if (isNo(fault)) return undefined;
    throw new IssuerAway('The code could not be exchanged', { cause: fault });
  }
}

const NO = new Set(['OAUTH_INVALID_RESPONSE', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED', 'OAUTH_KEY_SELECTION_FAILED', 'OAUTH_MISSING_SERVER_METADATA']);

/** Its answer is no, rather than none. That our own client is not known there is for the operator to mend, and nobody's fault who signs in. */
const isNo = (fault: unknown): boolean =>
  fault instanceof client.ResponseBodyError ? fault.error === 'invalid_grant' : fault instanceof client.ClientError && NO.has(String(fault.code));
