import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { EmailChangeService } from './email-change.service.ts';

@Api()
export class EmailChangeApi {
  constructor(private readonly changes: EmailChangeService) {}

  @Handles(identity.changeEmail)
  request(input: In<typeof identity.changeEmail>, caller: Caller) {
    return this.changes.request(caller, input);
  }

  @Handles(identity.confirmEmail)
  confirm(input: In<typeof identity.confirmEmail>) {
    return this.changes.confirm(input);
  }
}
