import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { ProfileService } from './profile.service.ts';

@Api()
export class ProfileApi {
  constructor(private readonly profiles: ProfileService) {}

  @Handles(identity.profile)
  find(_input: In<typeof identity.profile>, caller: Caller) {
    return this.profiles.find(caller.personId);
  }

  @Handles(identity.changeProfile)
  change(input: In<typeof identity.changeProfile>, caller: Caller) {
    return this.profiles.change(caller.personId, input);
  }
}
