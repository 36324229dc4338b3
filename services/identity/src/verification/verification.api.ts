import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { VerificationService } from './verification.service.ts';

@Api()
export class VerificationApi {
  constructor(private readonly verifications: VerificationService) {}

  @Handles(identity.verifyEmail)
  verify(input: In<typeof identity.verifyEmail>) {
    return this.verifications.verifyEmail(input);
  }

  @Handles(identity.verifyEmailAgain)
  again(_input: In<typeof identity.verifyEmailAgain>, caller: Caller) {
    return this.verifications.again(caller.personId);
  }
}
