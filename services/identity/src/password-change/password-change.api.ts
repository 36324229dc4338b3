import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { PasswordChangeService } from './password-change.service.ts';

@Api()
export class PasswordChangeApi {
  constructor(private readonly changes: PasswordChangeService) {}

  @Handles(identity.changePassword)
  change(input: In<typeof identity.changePassword>, caller: Caller) {
    return this.changes.change(caller, input);
  }
}
