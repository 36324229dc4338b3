import { Api, Handles } from '@mela/bus';
import { identity } from '@mela/contracts';
import { SigningKeys } from './signing-keys.ts';

@Api()
export class SigningKeyApi {
  constructor(private readonly keys: SigningKeys) {}

  @Handles(identity.jwks)
  jwks() {
    return { keys: this.keys.published.map((jwk) => ({ ...jwk })) };
  }
}
