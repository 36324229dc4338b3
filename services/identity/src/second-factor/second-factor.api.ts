import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SecondFactorService } from './second-factor.service.ts';
import { SecondStepService } from './second-step.service.ts';

@Api()
export class SecondFactorApi {
  constructor(
    private readonly secondFactors: SecondFactorService,
    private readonly secondSteps: SecondStepService,
  ) {}

  @Handles(identity.secondFactor)
  find(_input: In<typeof identity.secondFactor>, caller: Caller) {
    return this.secondFactors.find(caller.personId);
  }

  @Handles(identity.beginTotp)
  begin(input: In<typeof identity.beginTotp>, caller: Caller) {
    return this.secondFactors.begin(caller, input);
  }

  @Handles(identity.confirmTotp)
  confirm(input: In<typeof identity.confirmTotp>, caller: Caller) {
    return this.secondFactors.confirm(caller, input);
  }

  @Handles(identity.removeTotp)
  remove(input: In<typeof identity.removeTotp>, caller: Caller) {
    return this.secondFactors.remove(caller, input);
  }

  @Handles(identity.renewRecoveryCodes)
  renewCodes(input: In<typeof identity.renewRecoveryCodes>, caller: Caller) {
    return this.secondFactors.renewCodes(caller, input);
  }

  @Handles(identity.signInWithCode)
  signIn(input: In<typeof identity.signInWithCode>) {
    return this.secondSteps.signIn(input);
  }
}
