import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SigningKeyService } from './signing-key.service.ts';
import { SigningKeys } from './signing-keys.ts';

@Api()
export class SigningKeyApi {
  constructor(
    private readonly keys: SigningKeys,
    private readonly service: SigningKeyService,
  ) {}

  @Handles(identity.jwks)
  async jwks() {
    const published = await this.keys.published();
    return { keys: published.map((jwk) => ({ ...jwk })) };
  }

  @Handles(identity.signingKeys)
  signingKeys() {
    return this.service.list();
  }

  @Handles(identity.rotateSigningKey)
  rotateSigningKey(input: In<typeof identity.rotateSigningKey>) {
    return this.service.rotate(input);
  }
}
