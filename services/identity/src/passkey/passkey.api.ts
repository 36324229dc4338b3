import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { PasskeySignInService } from './passkey-sign-in.service.ts';
import { PasskeyService } from './passkey.service.ts';

@Api()
export class PasskeyApi {
  constructor(
    private readonly keys: PasskeyService,
    private readonly signIns: PasskeySignInService,
  ) {}

  @Handles(identity.passkeys)
  list(_input: In<typeof identity.passkeys>, caller: Caller) {
    return this.keys.list(caller.personId);
  }

  @Handles(identity.passkeyOptions)
  options(input: In<typeof identity.passkeyOptions>, caller: Caller) {
    return this.keys.options(caller, input);
  }

  @Handles(identity.addPasskey)
  add(input: In<typeof identity.addPasskey>, caller: Caller) {
    return this.keys.add(caller, input);
  }

  @Handles(identity.renamePasskey)
  rename(input: In<typeof identity.renamePasskey>, caller: Caller) {
    return this.keys.rename(caller, input);
  }

  @Handles(identity.removePasskey)
  remove(input: In<typeof identity.removePasskey>, caller: Caller) {
    return this.keys.remove(caller, input);
  }

  @Handles(identity.passkeySignInOptions)
  signInOptions() {
    return this.signIns.options();
  }

  @Handles(identity.signInWithPasskey)
  signIn(input: In<typeof identity.signInWithPasskey>) {
    return this.signIns.signIn(input);
  }
}
