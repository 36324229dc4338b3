import { Api, Handles, type Caller } from '@mela/bus';
import { communities, type In } from '@mela/contracts';
import { CommunityService } from './community.service.ts';

@Api()
export class CommunityApi {
  constructor(private readonly community: CommunityService) {}

  @Handles(communities.create)
  create(input: In<typeof communities.create>, caller: Caller) {
    return this.community.create(caller, input);
  }
}
