import { communities, topic } from '@mela/contracts';
import type { Actor, Workload } from '@mela/testkit/chaos';
import { inTurn, outranked, unasked } from './chaos/coming-and-going.ts';
import { turnsOf } from './chaos/turns.ts';
import { letInAfterLeaving, membersAreLetIn } from './chaos/who-is-let-in.ts';
import { grants } from './chaos/who-may-hear.ts';
import { neverWritten } from './chaos/written.ts';

interface KnownPost {
  readonly id: string;
  readonly communityId: string;
}

interface KnownMember {
  readonly communityId: string;
  readonly userId: string;
}

/** Where each of them takes themselves for a member. Whom somebody removed notices by what they are refused. */
const belonging = new WeakMap<Actor, { readonly in: Set<string>; readonly founded: Set<string> }>();
const counts = new WeakMap<Actor, number>();

const belongingOf = (person: Actor) => {
  if (!belonging.has(person)) belonging.set(person, { in: new Set(), founded: new Set() });
  return belonging.get(person)!;
};

const known = (person: Actor) => ({
  communities: person.known<{ readonly id: string }>('communities'),
  members: person.known<KnownMember>('members'),
  posts: person.known<KnownPost>('posts'),
});

const isMine = (person: Actor) => {
  const { in: mine } = belongingOf(person);
  return ({ communityId }: { readonly communityId: string }) => mine.has(communityId);
};

/** The last so many that fit, looked for from the end: in twenty minutes there are thousands, and everybody looks all the time. */
function lastOf<T>(all: readonly T[], most: number, fits: (one: T) => boolean): T[] {
  const found: T[] = [];
  for (let place = all.length - 1; place >= 0 && found.length < most; place--) if (fits(all[place]!)) found.push(all[place]!);
  return found.reverse();
}

/** One of the late ones that fit: that is where others are, too. */
function recent<T>(person: Actor, from: Iterable<T>, fits: (one: T) => boolean = () => true): T | undefined {
  const late = lastOf(Array.isArray(from) ? (from as T[]) : [...from], 20, fits);
  return late.length === 0 ? undefined : person.random.pick(late);
}

/** Told apart from everything else that anybody ever says. */
function words(person: Actor): string {
  const count = (counts.get(person) ?? 0) + 1;
  counts.set(person, count);
  return `${person.name} says ${count}`;
}

/** As many of each kind as somebody opens at once. */
const TOPICS = 5;

/** Whoever is refused where they belonged believes that they were removed. */
async function asMember<T>(person: Actor, communityId: string, asked: Promise<T | undefined>): Promise<T | undefined> {
  const answer = await asked;
  const mine = belongingOf(person);
  if (answer === undefined && !mine.founded.has(communityId)) mine.in.delete(communityId);
  return answer;
}

export const workload: Workload = {
  service: 'communities',
  aggregates: {
    community: 'SELECT id::text AS id, version FROM community',
    member: `SELECT community_id || ':' || user_id AS id, version FROM membership`,
    post: 'SELECT id::text AS id, version FROM post',
    comment: 'SELECT id::text AS id, version FROM comment',
  },
  rows: {
    community: 'SELECT id::text AS id, name FROM community',
    membership: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM membership',
    post: 'SELECT id::text AS id, body, community_id::text AS "communityId", author_id::text AS "authorId" FROM post',
    comment: 'SELECT id::text AS id, body, post_id::text AS "postId", community_id::text AS "communityId", author_id::text AS "authorId" FROM comment',
  },
  acts: [
    {
      name: 'found a community',
      weight: 1,
      run: async (person) => {
        if (!person.session) return;
        const community = await person.asks(communities.create, { name: words(person) });
        if (!community) return;
        belongingOf(person).in.add(community.id);
        belongingOf(person).founded.add(community.id);
        known(person).communities.push({ id: community.id });
      },
    },
    {
      name: 'join a community',
      weight: 6,
      run: async (person) => {
        const mine = belongingOf(person).in;
        const open = recent(person, known(person).communities, ({ id }) => !mine.has(id));
        if (!person.session || !open) return;
        // Refused, they are a member already, or will notice that they are none.
        mine.add(open.id);
        const membership = await person.asks(communities.join, { communityId: open.id });
        if (membership) known(person).members.push(membership);
      },
    },
    {
      name: 'leave a community',
      weight: 2,
      run: async (person) => {
        const { in: mine, founded } = belongingOf(person);
        const communityId = recent(person, mine, (id) => !founded.has(id) || person.random.chance(0.1));
        if (!person.session || communityId === undefined) return;
        const taps = person.random.chance(0.3) ? 2 : 1;
        await Promise.all(Array.from({ length: taps }, () => asMember(person, communityId, person.asks(communities.leave, { communityId }))));
        if (!founded.has(communityId)) mine.delete(communityId);
      },
    },
    {
      name: 'remove a member',
      weight: 1,
      run: async (person) => {
        const { in: mine, founded } = belongingOf(person);
        // Some try it who may not.
        const tries = (communityId: string) => founded.has(communityId) || (mine.has(communityId) && person.random.chance(0.05));
        const member = recent(person, known(person).members, ({ communityId, userId }) => userId !== person.session?.person.id && tries(communityId));
        if (person.session && member) await person.asks(communities.removeMember, { communityId: member.communityId, userId: member.userId });
      },
    },
    {
      name: 'post',
      weight: 20,
      run: async (person) => {
        const communityId = recent(person, belongingOf(person).in);
        if (!person.session || communityId === undefined) return;
        const post = await asMember(person, communityId, person.asks(communities.createPost, { communityId, body: words(person) }));
        if (post) known(person).posts.push({ id: post.id, communityId });
      },
    },
    {
      name: 'comment',
      weight: 10,
      run: async (person) => {
        const post = recent(person, known(person).posts, isMine(person));
        if (!person.session || !post) return;
        const { id: postId, communityId } = post;
        await asMember(person, communityId, person.asks(communities.createComment, { communityId, postId, body: words(person) }));
      },
    },
    {
      name: 'read',
      weight: 5,
      run: async (person) => {
        const communityId = recent(person, belongingOf(person).in);
        if (person.session && communityId !== undefined) await person.asks(communities.listPosts, { communityId, limit: person.random.int(1, 10) });
      },
    },
    {
      name: 'read comments',
      weight: 3,
      run: async (person) => {
        const post = recent(person, known(person).posts, isMine(person));
        if (person.session && post) await person.asks(communities.listComments, { communityId: post.communityId, postId: post.id, limit: person.random.int(1, 10) });
      },
    },
    {
      name: 'look in where they were',
      weight: 1,
      run: async (person) => {
        const mine = belongingOf(person).in;
        const other = recent(person, known(person).communities, ({ id }) => !mine.has(id));
        if (person.session && other) await person.asks(communities.listPosts, { communityId: other.id, limit: 1 });
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
  // Their own, and the newest there are, whosever they are: of those that are not theirs they are told nothing.
  listens: (person) => {
    const { communities: all, posts } = known(person);
    return [
      ...new Set([
        ...[...belongingOf(person).in].slice(-TOPICS).map((id) => topic.community(id)),
        ...all.slice(-TOPICS).map(({ id }) => topic.community(id)),
        ...lastOf(posts, TOPICS, isMine(person)).map(({ id }) => topic.post(id)),
        ...posts.slice(-TOPICS).map(({ id }) => topic.post(id)),
      ]),
    ];
  },
  forOneself: [communities.create.id, communities.join.id, communities.leave.id],
  replicas: {
    members: {
      owned: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM membership',
      kept: 'SELECT community_id::text AS "communityId", user_id::text AS "userId", role, version FROM members',
      of: ({ communityId, userId }) => `${communityId}:${userId}`,
    },
  },
  grants,
  effects: {
    'communities.create': ({ input }, rows) => rows['community']!.filter(({ name }) => name === input['name']).length,
    'communities.join': ({ input, personId }, rows) => turnsOf(input['communityId'], personId, rows).joined,
    'communities.leave': ({ input, personId }, rows) => turnsOf(input['communityId'], personId, rows).left,
    'communities.removeMember': ({ input }, rows) => turnsOf(input['communityId'], input['userId'], rows).left,
    'communities.createPost': ({ input }, rows) => rows['post']!.filter(({ body }) => body === input['body']).length,
    'communities.createComment': ({ input }, rows) => rows['comment']!.filter(({ body }) => body === input['body']).length,
  },
  invariants: [
    neverWritten,
    inTurn,
    unasked,
    outranked,
    letInAfterLeaving,
    membersAreLetIn,
    {
      name: 'a community has its founder',
      judge: ({ services }) => {
        const { community = [], membership = [] } = services['communities']!.rows;
        const owned = new Set(membership.filter(({ role }) => role === 'owner').map(({ communityId }) => communityId));
        return community.filter(({ id }) => !owned.has(id)).map(({ id, name }) => ({ invariant: 'a community has its founder', what: `The community ${String(name)} has no owner`, about: [String(id)] }));
      },
    },
    {
      name: 'a comment is in the community of its post',
      judge: ({ services }) => {
        const { post = [], comment = [] } = services['communities']!.rows;
        const places = new Map(post.map(({ id, communityId }) => [id, communityId]));
        return comment
          .filter(({ postId, communityId }) => places.get(postId) !== communityId)
          .map(({ id, postId }) => ({ invariant: 'a comment is in the community of its post', what: `The comment ${String(id)} is elsewhere than the post ${String(postId)}`, about: [String(id), String(postId)] }));
      },
    },
  ],
};
