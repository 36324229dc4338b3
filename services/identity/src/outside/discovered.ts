import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import * as client from 'openid-client';
import { speaksPlainly, type OutsideProviderSettings } from './outside-settings.ts';

/** What an issuer publishes of itself. */
export interface Discovery {
  readonly configuration: client.Configuration;
  readonly keys: JWTVerifyGetKey;
}

export class IssuerAway extends Error {}

const ANSWERS_WITHIN_SECONDS = 3;
const GOOD_FOR_MS = 60 * 60_000;
const ASKED_AGAIN_AFTER_MS = 2_000;
/** A token that names a key which nobody knows is a reason to read the keys anew, but not for each of a thousand such tokens. */
const KEYS_COOL_DOWN_MS = 30_000;
const KEYS_GOOD_FOR_MS = 10 * 60_000;

/** Asked for when it is first needed, so that identity starts without its providers, and kept for an hour; what was known counts while the issuer is away. */
export class Discovered {
  private known: { readonly discovery: Discovery; readonly at: number } | undefined;
  private asking: Promise<Discovery> | undefined;
  private failed: { readonly fault: IssuerAway; readonly at: number } | undefined;

  constructor(private readonly settings: OutsideProviderSettings) {}

  async get(): Promise<Discovery> {
    if (this.known && Date.now() - this.known.at < GOOD_FOR_MS) return this.known.discovery;
    try {
      return await this.ask();
    } catch (fault) {
      if (this.known) return this.known.discovery;
      throw fault;
    }
  }

  /** One question for all who wait, and none for a moment after one that failed. */
  private ask(): Promise<Discovery> {
    if (this.failed && Date.now() - this.failed.at < ASKED_AGAIN_AFTER_MS) return Promise.reject(this.failed.fault);
    this.asking ??= this.discover().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async discover(): Promise<Discovery> {
    const { issuer, clientId, clientSecret } = this.settings;
    try {
      const configuration = await client.discovery(new URL(issuer), clientId, clientSecret, clientSecret === undefined ? client.None() : client.ClientSecretPost(), {
        timeout: ANSWERS_WITHIN_SECONDS,
        execute: speaksPlainly(this.settings) ? [client.allowInsecureRequests] : [],
      });
      const discovery = { configuration, keys: this.keysAt(configuration.serverMetadata().jwks_uri) };
      this.known = { discovery, at: Date.now() };
      return discovery;
    } catch (fault) {
      this.failed = { fault: new IssuerAway(`${issuer} could not be discovered`, { cause: fault }), at: Date.now() };
      throw this.failed.fault;
    }
  }

  private keysAt(address: string | undefined): JWTVerifyGetKey {
    if (address === undefined || (address.startsWith('http:') && !speaksPlainly(this.settings))) throw new Error('It publishes no keys');
    return createRemoteJWKSet(new URL(address), { timeoutDuration: ANSWERS_WITHIN_SECONDS * 1_000, cooldownDuration: KEYS_COOL_DOWN_MS, cacheMaxAge: KEYS_GOOD_FOR_MS });
  }
}
