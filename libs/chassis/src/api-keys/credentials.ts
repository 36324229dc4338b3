import { InvalidToken, isRefusal, type Refusal } from '@mela/contracts';
import type { TokenVerifier, Verified } from '../access/tokens.ts';
import type { KeyExchange } from './key-exchange.ts';
import { isMarkedAsApiKey } from './key-text.ts';

export interface Recognised extends Verified {
  /** With which services are asked: the one that was shown, or was given for the key that was. */
  readonly token: string;
}

/** Who stands at a gateway's door: with an access token, or with an API key, which goes no further than this. */
export class Credentials {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly keys: KeyExchange,
  ) {}

  async recognise(shown: string, address: string): Promise<Recognised | Refusal> {
    if (!isMarkedAsApiKey(shown)) return this.verify(shown);
    const first = await this.exchanged(shown, address);
    // A token that was held may have ended with its session, or with the key that signed it: identity says what is so now.
    return isRefusal(first) && first.code === InvalidToken.code ? this.exchanged(shown, address) : first;
  }

  private async exchanged(key: string, address: string): Promise<Recognised | Refusal> {
    const token = await this.keys.tokenFor(key, address);
    if (isRefusal(token)) return token;
    const verified = await this.verify(token);
    if (isRefusal(verified) && verified.status < 500) this.keys.forget(key, token);
    return verified;
  }

  private async verify(token: string): Promise<Recognised | Refusal> {
    const verified = await this.tokens.verify(token);
    return isRefusal(verified) ? verified : { ...verified, token };
  }
}
