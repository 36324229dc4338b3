import { communities } from '@mela/contracts';
import type { Actor, Asked, Rows, Violation, Workload } from '@mela/testkit/chaos';

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
  effects: {
    'communities.create': ({ input }, rows) => rows['community']!.filter(({ name }) => name === input['name']).length,
    'communities.join': ({ input, personId }, rows) =>
      rows['membership']!.filter(({ communityId, userId }) => communityId === input['communityId'] && userId === personId).length,
    'communities.createPost': ({ input }, rows) => rows['post']!.filter(({ body }) => body === input['body']).length,
  },
  invariants: [
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

function neverWritten({ outcome, who }: Asked, written: ReadonlySet<unknown>): Violation[] {
  if (outcome.kind !== 'answered') return [];
  const { items } = outcome.body as { items: readonly { id: string }[] };
  return items.filter(({ id }) => !written.has(id)).map(({ id }) => ({ invariant: 'a read post was written', what: `${who} read the post ${id}, which is not there`, about: [id] }));
}
