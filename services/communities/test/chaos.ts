import { communities, mela, topic } from '@mela/contracts';
import type { Actor, Asked, Entry, Rows, Violation, Workload } from '@mela/testkit/chaos';

interface Known {
  readonly id: string;
}

/** Where each of them is a member, and what they have asked to join: nobody asks for the same twice. */
const memberships = new WeakMap<Actor, { in: string[]; asked: Set<string> }>();
const counts = new WeakMap<Actor, number>();

const membershipsOf = (person: Actor) => {
  if (!memberships.has(person)) memberships.set(person, { in: [], asked: new Set() });
  return memberships.get(person)!;
};

/** Told apart from everything else that anybody ever says. */
function words(person: Actor): string {
  const count = (counts.get(person) ?? 0) + 1;
  counts.set(person, count);
  return `${person.name} says ${count}`;
}

const REFUSED = 'members are let in';
const MEMBERS_ONLY: ReadonlySet<string> = new Set([communities.createPost.id, communities.listPosts.id]);
/** As many as somebody opens at once. */
const TOPICS = 10;

export const workload: Workload = {
  service: 'communities',
  aggregates: {
    community: 'SELECT id::text AS id, version FROM community',
    member: `SELECT community_id || ':' || user_id AS id, version FROM membership`,
    post: 'SELECT id::text AS id, version FROM post',
  },
  rows: {
    community: 'SELECT id::text AS id, name FROM community',
    membership: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM membership',
    post: 'SELECT id::text AS id, body, community_id::text AS "communityId", author_id::text AS "authorId" FROM post',
  },
  acts: [
    {
      name: 'found a community',
      weight: 1,
      run: async (person) => {
        if (!person.session) return;
        const community = await person.asks(communities.create, { name: words(person) });
        if (!community) return;
        membershipsOf(person).in.push(community.id);
        membershipsOf(person).asked.add(community.id);
        person.known<Known>('communities').push({ id: community.id });
      },
    },
    {
      name: 'join a community',
      weight: 4,
      run: async (person) => {
        const mine = membershipsOf(person);
        const open = person.known<Known>('communities').filter(({ id }) => !mine.asked.has(id));
        if (!person.session || open.length === 0) return;
        const { id } = person.random.pick(open);
        mine.asked.add(id);
        if (await person.asks(communities.join, { communityId: id })) mine.in.push(id);
      },
    },
    {
      name: 'post',
      weight: 20,
      run: async (person) => {
        const mine = membershipsOf(person).in;
        if (!person.session || mine.length === 0) return;
        await person.asks(communities.createPost, { communityId: person.random.pick(mine), body: words(person) });
      },
    },
    {
      name: 'read',
      weight: 5,
      run: async (person) => {
        const mine = membershipsOf(person).in;
        if (!person.session || mine.length === 0) return;
        await person.asks(communities.listPosts, { communityId: person.random.pick(mine), limit: person.random.int(1, 10) });
      },
    },
  ],
  probe: async (prober) => {
    const { id } = await prober.asks(communities.create, { name: prober.name });
    await prober.listens(topic.community(id));
    const post = await prober.asks(communities.createPost, { communityId: id, body: prober.name });
    await prober.hears(post.id);
    return [id, `${id}:${prober.session.person.id}`, post.id];
  },
  // The newest there are, whoever founded them: of those that are not theirs they are told nothing.
  listens: (person) => [...new Set([...membershipsOf(person).in.slice(-TOPICS), ...person.known<Known>('communities').slice(-TOPICS).map(({ id }) => id)])].map((id) => topic.community(id)),
  forOneself: [communities.create.id, communities.join.id],
  replicas: {
    members: {
      owned: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM membership',
      kept: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM members',
      of: ({ communityId, userId }) => `${communityId}:${userId}`,
    },
  },
  grants: {
    community: {
      holders: (rows) => rows['membership']!.map(({ communityId, userId }) => [String(communityId), String(userId)] as const),
      by: {
        [communities.create.id]: ({ outcome, personId }, key, person) => personId === person && (outcome.kind !== 'answered' || (outcome.body as { id: string }).id === key),
        [communities.join.id]: ({ input, personId }, key, person) => personId === person && input['communityId'] === key,
      },
    },
  },
  effects: {
    'communities.create': ({ input }, rows) => rows['community']!.filter(({ name }) => name === input['name']).length,
    'communities.join': ({ input, personId }, rows) =>
      rows['membership']!.filter(({ communityId, userId }) => communityId === input['communityId'] && userId === personId).length,
    'communities.createPost': ({ input }, rows) => rows['post']!.filter(({ body }) => body === input['body']).length,
  },
  invariants: [
    { name: REFUSED, judge: ({ history }) => falselyRefused(history) },
    {
      name: 'a read post was written',
      judge: ({ history, services }) => {
        const written = new Set(services['communities']!.rows['post']!.map(({ id }) => id));
        return history.flatMap((entry) => (entry.kind === 'asked' && entry.operation === communities.listPosts.id ? neverWritten(entry, written) : []));
      },
    },
    {
      name: 'a community has its founder',
      judge: ({ services }) => {
        const { community, membership } = services['communities']!.rows as Rows;
        const owned = new Set(membership!.filter(({ role }) => role === 'owner').map(({ communityId }) => communityId));
        return community!.filter(({ id }) => !owned.has(id)).map(({ id, name }) => ({ invariant: 'a community has its founder', what: `The community ${String(name)} has no owner`, about: [String(id)] }));
      },
    },
  ],
};

/** From an answered create or join until somebody asked for its end, whoever belongs to a community is never told otherwise. */
function falselyRefused(history: readonly Entry[]): Violation[] {
  const asks = history.filter((entry): entry is Asked => entry.kind === 'asked' && entry.operation.startsWith('communities.')).toSorted((a, b) => a.at - b.at);
  const ends = Map.groupBy(asks.filter(({ operation }) => mela.operations.get(operation)?.emits.some(({ type }) => type === 'member.left')), ({ input }) => String(input['communityId']));
  const since = new Map<string, number>();
  for (const { operation, outcome, input, personId, endedAt } of asks) {
    if (outcome.kind !== 'answered' || (operation !== communities.create.id && operation !== communities.join.id)) continue;
    const pair = `${operation === communities.join.id ? String(input['communityId']) : (outcome.body as { id: string }).id}:${personId}`;
    since.set(pair, Math.min(endedAt, since.get(pair) ?? endedAt));
  }
  return asks.flatMap(({ operation, outcome, input, personId, who, at, endedAt }) => {
    if (outcome.kind !== 'refused' || !MEMBERS_ONLY.has(operation) || (outcome.status !== 403 && outcome.status !== 404)) return [];
    const communityId = String(input['communityId']);
    if (at < (since.get(`${communityId}:${personId}`) ?? Number.POSITIVE_INFINITY)) return [];
    // Whoever may have left by then, or have been removed, may be refused.
    if (ends.get(communityId)?.some((end) => end.at < endedAt && (end.personId === personId || end.input['userId'] === personId))) return [];
    return [{ invariant: REFUSED, what: `${operation} of ${who} at ${at} ms was refused with ${outcome.status} ${outcome.code}, and they belong to community ${communityId}`, about: [communityId, String(personId)] }];
  });
}

function neverWritten({ outcome, who }: Asked, written: ReadonlySet<unknown>): Violation[] {
  if (outcome.kind !== 'answered') return [];
  const { items } = outcome.body as { items: readonly { id: string }[] };
  return items.filter(({ id }) => !written.has(id)).map(({ id }) => ({ invariant: 'a read post was written', what: `${who} read the post ${id}, which is not there`, about: [id] }));
}
