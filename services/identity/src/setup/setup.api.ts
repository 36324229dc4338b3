import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SetupService } from './setup.service.ts';

@Api()
export class SetupApi {
  constructor(private readonly setups: SetupService) {}

  @Handles(identity.setup)
  find(_input: In<typeof identity.setup>, caller: Caller) {
    return this.setups.find(caller.personId);
  }

  @Handles(identity.skipSetupStep)
  skip(input: In<typeof identity.skipSetupStep>, caller: Caller) {
    return this.setups.skip(caller.personId, input);
  }
}
