import { type ConsumerDefinition } from '@mela/bus';
import { MemberJoined, type EventOf } from '@mela/contracts';
import type { Tx } from '../database/transaction.ts';

/**
 * Keeps `members`. Redelivery reorders, so it carries state and takes whatever version is newer. It never puts an
 * event aside: a hole in it would let in or lock out people silently, so it stops instead and readiness fails.
 */
export const membersReplica = (service: string): ConsumerDefinition<Tx> => ({
  as: `${service}.members`,
  events: [MemberJoined],
  poison: 'stop',
  handle: async (event, tx) => {
    const { communityId, userId, role } = (event as EventOf<typeof MemberJoined>).data;
    await tx.query(
      `INSERT INTO members (community_id, user_id, role, version) VALUES ($1, $2, $3, $4)
       ON CONFLICT (community_id, user_id) DO UPDATE SET role = excluded.role, version = excluded.version
       WHERE members.version < excluded.version`,
      [communityId, userId, role, event.aggregateVersion],
    );
  },
});
