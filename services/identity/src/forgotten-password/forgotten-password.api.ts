import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { ForgottenPasswordService } from './forgotten-password.service.ts';

@Api()
export class ForgottenPasswordApi {
  constructor(private readonly passwords: ForgottenPasswordService) {}

  @Handles(identity.forgotPassword)
  forgot(input: In<typeof identity.forgotPassword>) {
    return this.passwords.forgot(input);
  }

  @Handles(identity.resetPassword)
  reset(input: In<typeof identity.resetPassword>) {
    return this.passwords.reset(input);
  }
}
