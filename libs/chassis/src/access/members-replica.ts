import type { Asker, ConsumerDefinition } from '@mela/bus';
import { communities, MemberJoined, MemberLeft, type EventOf, type MemberState } from '@mela/contracts';
import type { Tx } from '../database/transaction.ts';
import { bootstrapFrom } from '../service/bootstrap-from.ts';

export const membersHearing = (service: string) => ({ as: `${service}.members`, events: [MemberJoined, MemberLeft] });

/**
 * Keeps `members`. Redelivery reorders, and pages of the owner's snapshot come between the events, so both carry state and
 * whatever version is newer is taken. It never puts an event aside: a hole in it would let in or lock out people silently,
 * so it stops instead and readiness fails.
 */
export const membersReplica = (service: string, asker: Asker): ConsumerDefinition<Tx> => ({
  ...membersHearing(service),
  poison: 'stop',
  handle: (event, tx) => take([stateOf(event)], tx),
  handleAll: (events, tx) => take(newestOf(events), tx),
  bootstrap: bootstrapFrom(asker, communities.members, take),
});

const stateOf = (event: EventOf): MemberState => {
  const { communityId, userId, role } = event.data as Omit<MemberState, 'version'>;
  return { communityId, userId, role: event.type === MemberLeft.type ? null : role, version: event.aggregateVersion };
};

/** One statement changes no row twice. The stream's order is not the versions' where an event was sent again. */
const newestOf = (events: readonly EventOf[]): MemberState[] =>
  [...Map.groupBy(events, ({ subject }) => subject).values()].map((ofOne) => stateOf(ofOne.reduce((newest, event) => (event.aggregateVersion > newest.aggregateVersion ? event : newest))));

/** Whoever left stays, without a role: only so is an older event of theirs known to be older. */
const take = (members: readonly MemberState[], tx: Tx): Promise<unknown> =>
  tx.query(
    `INSERT INTO members (community_id, user_id, role, version) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[])
     ON CONFLICT (community_id, user_id) DO UPDATE SET role = excluded.role, version = excluded.version
     WHERE members.version < excluded.version`,
    [members.map(({ communityId }) => communityId), members.map(({ userId }) => userId), members.map(({ role }) => role), members.map(({ version }) => version)],
  );
