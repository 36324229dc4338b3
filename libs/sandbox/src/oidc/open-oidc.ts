import { OidcServer } from './oidc-server.ts';

export interface OidcSandbox {
  readonly server: OidcServer;
  /** Its issuer, and where people see who has an account. */
  readonly address: string;
  /** What identity is to be told. */
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

interface Options {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly port?: number;
  /** Where a web page takes the answer. */
  readonly redirectUris?: readonly string[];
}

/** What clients of the sandbox are called; none of it is a secret. */
export const sandboxClients = {
  web: { id: 'mela', secret: 'the sandbox keeps no secrets' },
  mobile: { id: 'mela-mobile', redirectUris: ['example.mela:/signed-in'] },
} as const;

/** An OpenID provider, for development and tests. */
export async function openOidcSandbox({ env, port = 0, redirectUris = ['http://localhost:3000/signed-in'] }: Options): Promise<OidcSandbox> {
  if (env['MELA_ENV'] === 'production') throw new Error('The sandbox is for development and tests: in production IDENTITY_OIDC names real providers');
  const { web, mobile } = sandboxClients;
  const server = new OidcServer({ web: { ...web, redirectUris }, mobile }, port);
  await server.open();
  const provider = { name: 'sandbox', issuer: server.issuer, clientId: web.id, clientSecret: web.secret, audiences: [mobile.id], redirectUris };
  return { server, address: server.issuer, settings: { IDENTITY_OIDC: JSON.stringify([provider]) }, stop: () => server.close() };
}
