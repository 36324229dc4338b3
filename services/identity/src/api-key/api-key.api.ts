import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { ApiKeyService } from './api-key.service.ts';
import { KeyExchangeService } from './key-exchange.service.ts';

@Api()
export class ApiKeyApi {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly exchanges: KeyExchangeService,
  ) {}

  @Handles(identity.apiKeys)
  list(input: In<typeof identity.apiKeys>, caller: Caller) {
    return this.keys.list(caller, input);
  }

  @Handles(identity.createApiKey)
  create(input: In<typeof identity.createApiKey>, caller: Caller) {
    return this.keys.create(caller, input);
  }

  @Handles(identity.rotateApiKey)
  rotate(input: In<typeof identity.rotateApiKey>, caller: Caller) {
    return this.keys.rotate(caller, input);
  }

  @Handles(identity.revokeApiKey)
  revoke(input: In<typeof identity.revokeApiKey>, caller: Caller) {
    return this.keys.revoke(caller, input);
  }

  @Handles(identity.exchangeApiKey)
  exchange(input: In<typeof identity.exchangeApiKey>) {
    return this.exchanges.exchange(input);
  }
}
