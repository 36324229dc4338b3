import { MayNotHear, parseTopic, topic, type CommunityRole, type Hearing, type Membership, type Refusal } from '@mela/contracts';
import type { z } from 'zod';

/** A person's place in a community, as it is kept. */
export interface MembershipState {
  readonly communityId: string;
  readonly userId: string;
  /** Null for whoever left: the row stays, and with it the count of versions. */
  readonly role: CommunityRole | null;
  readonly version: number;
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

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The community a topic is about. Written in one way only: events name their topics so, and another spelling would hear nothing. */
export function communityOfTopic(name: string): string | undefined {
  const asked = parseTopic(name);
  return asked?.kind === topic.community.kind && uuid.test(asked.key) ? asked.key : undefined;
}

/** Whoever has a role in a community hears it. That there is none is told in the same words. */
export function hearCommunity(communityId: string, role: CommunityRole | null): z.output<typeof Hearing> | Refusal {
  return role === null ? MayNotHear() : { topic: topic.community(communityId), scope: topic.community(communityId) };
}
