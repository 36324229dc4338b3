import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { AccountService } from './account.service.ts';

@Api()
export class AccountApi {
  constructor(private readonly accounts: AccountService) {}

  @Handles(identity.accounts)
  list(input: In<typeof identity.accounts>) {
    return this.accounts.list(input);
  }

  @Handles(identity.account)
  read(input: In<typeof identity.account>) {
    return this.accounts.read(input);
  }

  @Handles(identity.suspend)
  suspend(input: In<typeof identity.suspend>, caller: Caller) {
    return this.accounts.suspend(caller, input);
  }

  @Handles(identity.restore)
  restore(input: In<typeof identity.restore>, caller: Caller) {
    return this.accounts.restore(caller, input);
  }
}
