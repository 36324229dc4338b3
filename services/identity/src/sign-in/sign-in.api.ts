import { Api, Handles } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { SignInService } from './sign-in.service.ts';

@Api()
export class SignInApi {
  constructor(private readonly signIns: SignInService) {}

  @Handles(identity.signIn)
  signIn(input: In<typeof identity.signIn>) {
    return this.signIns.signIn(input);
  }
}
