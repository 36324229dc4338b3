import { z } from 'zod';

/** What an ID token may be signed with: keys that the issuer alone has. Nothing that a secret signs, and nothing that nobody signs. */
export const idTokenAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

const Issuer = z.url({ protocol: /^https?$/ }).refine((url) => url.startsWith('https://') || LOOPBACK.has(new URL(url).hostname), 'is to begin with https://');

const Provider = z.strictObject({
  /** How paths and people call it. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'is to be up to 40 of a-z, 0-9 and -'),
  issuer: Issuer,
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).optional(),
  /** Further client ids, of mobile apps, whose ID tokens are taken. */
  audiences: z.array(z.string().min(1)).default([]),
  /** Where the provider may send a browser back to, to the letter. Without any there is no sign-in by a page. */
  redirectUris: z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9+.-]*:[^\s#*]+$/, 'is to be a whole address without # and *')).default([]),
  scopes: z.string().regex(/^openid( |$)/, 'is to begin with openid').default('openid email profile'),
  /** What its page is told besides. */
  parameters: z.record(z.string(), z.string()).default({}),
  algorithms: z.array(z.enum(idTokenAlgorithms)).min(1).default([...idTokenAlgorithms]),
  /** ID tokens without a nonce that the app chose are refused. */
  requiresNonce: z.boolean().default(false),
});
export type OutsideProviderSettings = z.output<typeof Provider>;

const Providers = z.array(Provider).refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names a provider twice');

/** One line of JSON: each fault is told with the place where it stands. */
export const outsideProviders = z
  .string()
  .default('[]')
  .transform((text, context): OutsideProviderSettings[] => {
    const read = Providers.safeParse(parsed(text));
    if (read.success) return read.data;
    context.addIssue(read.error.issues.map(({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`).join('; '));
    return z.NEVER;
  });

export const speaksPlainly = ({ issuer }: OutsideProviderSettings): boolean => !issuer.startsWith('https://');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
