import type { Caller } from '@mela/bus';
import { Db, type Memberships, type Tx } from '@mela/chassis';
import { AlreadyMember, CommunityNotFound, isRefusal, MayNotHear, MemberJoined, type CommunityRole, type Membership, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { CommunityStore } from '../community/community.store.ts';
import { asMembership, communityOfTopic, hearCommunity, memberAggregate, type MembershipState } from './membership.ts';
import { MembershipStore } from './membership.store.ts';

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
  async admit(tx: Tx, communityId: string, userId: string, role: CommunityRole): Promise<MembershipState | Refusal> {
    const membership = await tx.get(MembershipStore).insert(communityId, userId, role);
    if (!membership) return AlreadyMember();
    tx.emit(MemberJoined, memberAggregate(membership), { communityId: membership.communityId, userId, role });
    return membership;
  }

  roleOf(communityId: string, personId: string): Promise<CommunityRole | null> {
    return this.db.get(MembershipStore).roleOf(communityId, personId);
  }

  async hearing(caller: Caller, name: string): Promise<ReturnType<typeof hearCommunity>> {
    const communityId = communityOfTopic(name);
    if (communityId === undefined) return MayNotHear();
    return hearCommunity(communityId, await this.roleOf(communityId, caller.personId));
  }
}
