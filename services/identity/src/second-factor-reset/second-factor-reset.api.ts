import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SecondFactorResetService } from './second-factor-reset.service.ts';

@Api()
export class SecondFactorResetApi {
  constructor(private readonly resets: SecondFactorResetService) {}

  @Handles(identity.resetSecondFactor)
  reset(input: In<typeof identity.resetSecondFactor>, caller: Caller) {
    return this.resets.reset(caller, input);
  }

  @Handles(identity.resetSecondFactorAsOperator)
  resetAsOperator(input: In<typeof identity.resetSecondFactorAsOperator>) {
    return this.resets.resetAsOperator(input);
  }
}
