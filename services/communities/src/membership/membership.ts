import {
  LastOwner, MayNotHear, NotAMember, NotFound, NotOutranked, parseTopic, reaches, topic,
  type CommunityRole, type Hearing, type Membership, type Refusal, type TopicKind, type TopicName,
} from '@mela/contracts';
import type { z } from 'zod';

/** A person's place in a community, as it is kept. */
export interface MembershipState {
  readonly communityId: string;
  readonly userId: string;
  /** Null for whoever left: the row stays, and with it the count of versions. */
  readonly role: CommunityRole | null;
  readonly version: number;
  /** When they came in last. */
  readonly joinedAt: Date;
}

export type LivingMembership = MembershipState & { readonly role: CommunityRole };

/**
 * The aggregate is the pair, not a row of its own: whoever leaves and comes back goes on counting versions, so that
 * no replica takes a new membership for older than the one that ended.
 */
export const memberAggregate = ({ communityId, userId, version }: Pick<MembershipState, 'communityId' | 'userId' | 'version'>) => ({ id: `${communityId}:${userId}`, version });

export const asMembership = ({ communityId, userId, role, joinedAt }: LivingMembership): Membership =>
  ({ communityId, userId, role, joinedAt: joinedAt.toISOString() });

/** The membership that ends when somebody leaves a community with so many owners. */
export function leaving(own: LivingMembership | undefined, owners: number): LivingMembership | Refusal {
  if (!own) return NotAMember();
  return own.role === 'owner' && owners === 1 ? LastOwner() : own;
}

/** The membership that ends when one person removes another. A remover who was removed meanwhile sees no members any more. */
export function removing(remover: LivingMembership | undefined, removed: LivingMembership | undefined): LivingMembership | Refusal {
  if (!remover) return NotFound();
  if (!removed) return NotAMember();
  return reaches(removed.role, remover.role) ? NotOutranked() : removed;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What a topic of this kind is about. Written in one way only: events name their topics so, and another spelling would hear nothing. */
export function idInTopic({ kind }: TopicKind, name: string): string | undefined {
  const asked = parseTopic(name);
  return asked?.kind === kind && uuid.test(asked.key) ? asked.key : undefined;
}

/** Members hear what rests on their membership, from when it began. To others it is not told whether there is such a topic. */
export function hearAsMember(name: TopicName, membership: Pick<MembershipState, 'communityId' | 'joinedAt'> | undefined): z.output<typeof Hearing> | Refusal {
  if (!membership) return MayNotHear();
  return { topic: name, scope: topic.community(membership.communityId), since: membership.joinedAt.toISOString() };
}
