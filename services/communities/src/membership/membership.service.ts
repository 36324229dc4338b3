import type { Caller } from '@mela/bus';
import { Db, decodeKey, pageOfRows, type Memberships, type Tx } from '@mela/chassis';
import {
  AlreadyMember, CommunityNotFound, isRefusal, MayNotHear, MemberJoined, MemberLeft, RemovesOneself, topic,
  type communities, type CommunityRole, type FormerMembership, type In, type Membership, type Out, type Refusal,
} from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { CommunityStore } from '../community/community.store.ts';
import { asMembership, hearAsMember, idInTopic, leaving, memberAggregate, removing, type LivingMembership } from './membership.ts';
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

  leave(caller: Caller, communityId: string): Promise<FormerMembership | Refusal> {
    return this.db.transaction(async (tx) => {
      const [own] = await tx.get(MembershipStore).lock(communityId, [caller.personId]);
      const owners = own?.role === 'owner' ? await this.countOwners(tx, communityId) : 0;
      return this.dismiss(tx, leaving(own, owners), null);
    });
  }

  remove(caller: Caller, { communityId, userId }: In<typeof communities.removeMember>): Promise<FormerMembership | Refusal> {
    return this.db.transaction(async (tx) => {
      if (userId === caller.personId) return RemovesOneself();
      const locked = await tx.get(MembershipStore).lock(communityId, [caller.personId, userId]);
      const [remover, removed] = [caller.personId, userId].map((id) => locked.find((one) => one.userId === id));
      return this.dismiss(tx, removing(remover, removed), caller.personId);
    });
  }

  /**
   * Somebody is gone, and belongs nowhere any more. Where they were the only owner, whoever ranks next is one from then on: they go by one door
   * and come in by the other, since a role only ever begins there.
   */
  async withdraw(tx: Tx, userId: string): Promise<void> {
    const memberships = tx.get(MembershipStore);
    for (const communityId of await memberships.communitiesOf(userId)) {
      await tx.get(CommunityStore).lock(communityId);
      const [own] = await memberships.lock(communityId, [userId]);
      if (!own) continue;
      const heir = own.role === 'owner' && (await memberships.countOwners(communityId)) === 1 ? await memberships.heirOf(communityId, userId) : undefined;
      await this.dismiss(tx, own, null);
      if (!heir) continue;
      await this.dismiss(tx, heir, null);
      await this.admit(tx, communityId, heir.userId, 'owner');
    }
  }

  /** Whichever way somebody goes, this is the door out. */
  private async dismiss(tx: Tx, ending: LivingMembership | Refusal, removedBy: string | null): Promise<FormerMembership | Refusal> {
    if (isRefusal(ending)) return ending;
    const ended = await tx.get(MembershipStore).end(ending);
    const { communityId, userId } = ended;
    tx.emit(MemberLeft, memberAggregate(ended), { communityId, userId, removedBy });
    return { communityId, userId };
  }

  /** Owners who leave wait for each other here: each counts those who are left. */
  private async countOwners(tx: Tx, communityId: string): Promise<number> {
    await tx.get(CommunityStore).lock(communityId);
    return tx.get(MembershipStore).countOwners(communityId);
  }

  async roleOf(communityId: string, personId: string): Promise<CommunityRole | null> {
    return (await this.db.get(MembershipStore).find(communityId, personId))?.role ?? null;
  }

  /** Everybody's, for replicas. What changes while somebody pages is told by its event, and versions decide. */
  async all({ after, limit }: In<typeof communities.members>): Promise<Out<typeof communities.members> | Refusal> {
    const behind = decodeKey(after, MembershipKey);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(MembershipStore).allBehind(behind ?? fromTheFirst, limit + 1);
    return pageOfRows(rows, limit, { key: ({ communityId, userId }) => [communityId, userId], item: (member) => member });
  }

  async hearing(caller: Caller, name: string): Promise<ReturnType<typeof hearAsMember>> {
    const communityId = idInTopic(topic.community, name);
    if (communityId === undefined) return MayNotHear();
    return hearAsMember(topic.community(communityId), await this.db.get(MembershipStore).find(communityId, caller.personId));
  }
}
