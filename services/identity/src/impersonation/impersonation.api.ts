import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { ImpersonationService } from './impersonation.service.ts';

@Api()
export class ImpersonationApi {
  constructor(private readonly impersonations: ImpersonationService) {}

  @Handles(identity.impersonate)
  begin(input: In<typeof identity.impersonate>, caller: Caller) {
    return this.impersonations.begin(caller, input);
  }
}
