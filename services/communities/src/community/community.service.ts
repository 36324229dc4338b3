import { Db } from '@mela/chassis';
import { CommunityCreated, type communities, type Community, type In } from '@mela/contracts';
import type { Caller } from '@mela/bus';
import { Injectable } from '@nestjs/common';
import { MembershipService } from '../membership/membership.service.ts';
import { asCommunity, foundCommunity } from './community.ts';
import { CommunityStore } from './community.store.ts';

@Injectable()
export class CommunityService {
  constructor(
    private readonly db: Db,
    private readonly memberships: MembershipService,
  ) {}

  /** A community is never without an owner: its founder is one from the first moment. */
  create(caller: Caller, draft: In<typeof communities.create>): Promise<Community> {
    return this.db.transaction(async (tx) => {
      const community = await tx.get(CommunityStore).insert(foundCommunity(draft));
      tx.emit(CommunityCreated, community, { communityId: community.id, founderId: caller.personId });
      await this.memberships.admit(tx, community.id, caller.personId, 'owner');
      return asCommunity(community);
    });
  }
}
