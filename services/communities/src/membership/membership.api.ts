import { Api, Handles, type Caller } from '@mela/bus';
import { communities, type In } from '@mela/contracts';
import { MembershipService } from './membership.service.ts';

@Api()
export class MembershipApi {
  constructor(private readonly memberships: MembershipService) {}

  @Handles(communities.join)
  join(input: In<typeof communities.join>, caller: Caller) {
    return this.memberships.join(caller, input.communityId);
  }

  @Handles(communities.leave)
  leave(input: In<typeof communities.leave>, caller: Caller) {
    return this.memberships.leave(caller, input.communityId);
  }

  @Handles(communities.removeMember)
  remove(input: In<typeof communities.removeMember>, caller: Caller) {
    return this.memberships.remove(caller, input);
  }

  @Handles(communities.membership)
  async membership(input: In<typeof communities.membership>, caller: Caller) {
    return { role: await this.memberships.roleOf(input.communityId, caller.personId) };
  }

  @Handles(communities.members)
  members(input: In<typeof communities.members>) {
    return this.memberships.all(input);
  }

  @Handles(communities.hearing)
  hearing(input: In<typeof communities.hearing>, caller: Caller) {
    return this.memberships.hearing(caller, input.topic);
  }
}
