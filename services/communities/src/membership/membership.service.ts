import type { Caller } from '@mela/bus';
import { Db, decodeKey, pageOfRows, type Memberships, type Tx } from '@mela/chassis';
import {
  AlreadyMember, CommunityNotFound, isRefusal, MayNotHear, MemberJoined, type communities, type CommunityRole, type In, type Membership, type Out, type Refusal,
} from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { CommunityStore } from '../community/community.store.ts';
import { asMembership, communityOfTopic, hearCommunity, memberAggregate, type LivingMembership } from './membership.ts';
import { fromTheFirst, MembershipKey, MembershipStore } from './membership.store.ts';

/** Owns who belongs where: here the chassis asks the table itself, where other services ask a replica. */
@Injectable()
export class MembershipService implements Memberships {
  constructor(private readonly db: Db) {}

  join(caller: Caller, communityId: string): Promise<Membership | Refusal> {
    return this.db.transaction(async (tx) => {
      if (!(await tx.get(CommunityStore).exists(communityId))) return CommunityNotFound();
      const membership = await this.admit(tx, communityId, caller.personId, 'member');
      return isRefusal(membership) ? membership : asMembership(membership);
    });
  }

  /** Whichever way somebody comes in, this is the door. */
  async admit(tx: Tx, communityId: string, userId: string, role: CommunityRole): Promise<LivingMembership | Refusal> {
    const membership = await tx.get(MembershipStore).insert(communityId, userId, role);
    if (!membership) return AlreadyMember();
    tx.emit(MemberJoined, memberAggregate(membership), { communityId: membership.communityId, userId, role });
    return membership;
  }

  roleOf(communityId: string, personId: string): Promise<CommunityRole | null> {
    return this.db.get(MembershipStore).roleOf(communityId, personId);
  }

  /** Everybody's, for replicas. What changes while somebody pages is told by its event, and versions decide. */
  async all({ after, limit }: In<typeof communities.members>): Promise<Out<typeof communities.members> | Refusal> {
    const behind = decodeKey(after, MembershipKey);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(MembershipStore).allBehind(behind ?? fromTheFirst, limit + 1);
    return pageOfRows(rows, limit, { key: ({ communityId, userId }) => [communityId, userId], item: (member) => member });
  }

  async hearing(caller: Caller, name: string): Promise<ReturnType<typeof hearCommunity>> {
    const communityId = communityOfTopic(name);
    if (communityId === undefined) return MayNotHear();
    return hearCommunity(communityId, await this.roleOf(communityId, caller.personId));
  }
}
