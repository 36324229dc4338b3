import { isRefusal, OutsideFlowRefused, OutsideTokenRefused, OutsideUnavailable, OutsideUnknown, RedirectRefused, type Refusal } from '@mela/contracts';
import { Discovered, IssuerAway, type Discovery } from './discovered.ts';
import { addressOfPage, idTokenFor, type FlowSecrets, type Returned } from './code-flow.ts';
import { claimsOf } from './id-token.ts';
import type { OutsideProviderSettings } from './outside-settings.ts';
import type { Vouched } from './outside.ts';

interface Log {
  warn(facts: object, line: string): void;
}

interface Known {
  readonly settings: OutsideProviderSettings;
  readonly discovered: Discovered;
}

/** Those who may vouch for people here. */
export class OutsideProviders {
  private readonly byName: ReadonlyMap<string, Known>;

  constructor(
    providers: readonly OutsideProviderSettings[],
    private readonly log?: Log,
  ) {
    this.byName = new Map(providers.map((settings) => [settings.name, { settings, discovered: new Discovered(settings) }]));
  }

  /** Whether anybody may still sign in with its word. */
  vouches(issuer: string): boolean {
    return [...this.byName.values()].some(({ settings }) => settings.issuer === issuer);
  }

  async vouched(provider: string, idToken: string, nonce: string | undefined): Promise<Vouched | Refusal> {
    const known = this.find(provider);
    if (isRefusal(known)) return known;
    return this.reaching(known, async ({ keys }) => {
      const claims = await claimsOf(idToken, known.settings, keys, nonce);
      return claims ? { provider, issuer: known.settings.issuer, subject: claims.sub, claims } : OutsideTokenRefused();
    });
  }

  /** Where the browser is to go: back from there to one of the addresses in the settings alone. */
  async page(provider: string, secrets: FlowSecrets): Promise<string | Refusal> {
    const known = this.find(provider);
    if (isRefusal(known)) return known;
    if (!known.settings.redirectUris.includes(secrets.redirectUri)) return RedirectRefused();
    return this.reaching(known, ({ configuration }) => addressOfPage(configuration, known.settings, secrets));
  }

  /** The code is exchanged, and the ID token verified as one that an app brings. */
  async returned(provider: string, secrets: FlowSecrets, returned: Returned): Promise<Vouched | Refusal> {
    const known = this.find(provider);
    if (isRefusal(known)) return known;
    const idToken = await this.reaching(known, ({ configuration }) => idTokenFor(configuration, secrets, returned));
    if (isRefusal(idToken)) return idToken;
    return idToken === undefined ? OutsideFlowRefused() : this.vouched(provider, idToken, secrets.nonce);
  }

  private find(provider: string): Known | Refusal {
    return this.byName.get(provider) ?? OutsideUnknown();
  }

  /** Whoever cannot reach the issuer says so, and nobody waits long. */
  private async reaching<R>({ settings, discovered }: Known, act: (discovery: Discovery) => Promise<R>): Promise<R | Refusal> {
    try {
      return await act(await discovered.get());
    } catch (fault) {
      if (!(fault instanceof IssuerAway)) throw fault;
      this.log?.warn({ provider: settings.name, reason: String(fault.cause ?? fault) }, 'an OpenID provider could not be reached');
      return OutsideUnavailable();
    }
  }
}
