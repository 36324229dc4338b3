import { randomBytes } from 'node:crypto';
import Provider, { interactionPolicy, type Configuration } from 'oidc-provider';
import type { Accounts } from './accounts.ts';
import type { IdTokens } from './id-tokens.ts';
import { Memory } from './memory.ts';

export interface OidcClients {
  readonly web: { readonly id: string; readonly secret: string; readonly redirectUris: readonly string[] };
  readonly mobile: { readonly id: string; readonly redirectUris: readonly string[] };
}

const HOUR = 3_600;
const TEN_MINUTES = 600;

/** A provider that is strict where real ones are, and asks each time who it is. */
export function providerOf(issuer: string, clients: OidcClients, accounts: Accounts, tokens: IdTokens): Provider {
  const { web, mobile } = clients;
  const configuration: Configuration = {
    adapter: () => new Memory(),
    clients: [
      { client_id: web.id, client_secret: web.secret, redirect_uris: [...web.redirectUris], token_endpoint_auth_method: 'client_secret_post' },
      { client_id: mobile.id, redirect_uris: [...mobile.redirectUris], application_type: 'native', token_endpoint_auth_method: 'none' },
    ],
    responseTypes: ['code'],
    pkce: { required: () => true },
    jwks: { keys: [tokens.privateJwk as NonNullable<Configuration['jwks']>['keys'][number]] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    // As Google and Apple do it: what was asked for is in the ID token.
    conformIdTokenClaims: false,
    ttl: { AccessToken: HOUR, AuthorizationCode: 60, Grant: HOUR, IdToken: HOUR, Interaction: TEN_MINUTES, Session: HOUR },
    features: { devInteractions: { enabled: false } },
    interactions: { policy: askingEachTime(), url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => {
      const account = accounts.find(sub);
      return account && { accountId: sub, claims: () => ({ ...account }) };
    },
    // Whoever picks an account on the page agrees with it to what the page says.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({ clientId: oidc.client!.clientId, accountId: oidc.session!.accountId! });
      grant.addOIDCScope('openid email profile');
      // The provider's own storage, which is no database of ours.
      // oxlint-disable-next-line mela/no-save
      await grant.save();
      return grant;
    },
    renderError: (context, { error, error_description }) => {
      context.type = 'application/json';
      context.body = { error, error_description };
    },
  };
  return new Provider(issuer, configuration);
}

function askingEachTime() {
  const { base, Check } = interactionPolicy;
  const policy = base();
  policy.get('login')!.checks.add(new Check('who', 'Who it is is asked each time', ({ oidc }) => oidc.result?.login === undefined));
  return policy;
}
