import type { Caller } from '@mela/bus';
import { AlreadyMember, BadCursor, CommunityNotFound, id, isRefusal, LastOwner, MayNotHear, NotAMember, NotFound, NotOutranked, RemovesOneself, type Membership, type MemberState } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { communitiesOn, openCommunitiesDatabase, somebody } from '../../test/communities.fixture.ts';
import type { ServiceDatabase } from '@mela/testkit';

let database: ServiceDatabase;
let { communities, memberships } = {} as ReturnType<typeof communitiesOn>;
beforeAll(async () => {
  database = await openCommunitiesDatabase();
  ({ communities, memberships } = communitiesOn(database.db));
});
afterAll(() => database?.close());

const said = async (communityId: string) => (await database.events()).filter(({ data }) => data['communityId'] === communityId);

describe('founding a community', () => {
  it('makes its founder the owner, and says both', async () => {
    const asha = somebody();
    const runners = await communities.create(asha, { name: 'Runners' });
    expect(runners).toMatchObject({ name: 'Runners', about: '' });
    expect(await memberships.roleOf(runners.id, asha.personId)).toBe('owner');
    expect(await said(runners.id)).toEqual([
      { type: 'community.created', aggregate: runners.id, version: 1, data: { communityId: runners.id, founderId: asha.personId } },
      { type: 'member.joined', aggregate: `${runners.id}:${asha.personId}`, version: 1, data: { communityId: runners.id, userId: asha.personId, role: 'owner' } },
    ]);
  });

  it('may happen many times under one name', async () => {
    const asha = somebody();
    const two = await Promise.all([communities.create(asha, { name: 'Chess', about: 'Tuesdays' }), communities.create(asha, { name: 'Chess' })]);
    expect(two[0]!.id).not.toBe(two[1]!.id);
    expect(two[0]!.about).toBe('Tuesdays');
  });
});

describe('joining a community', () => {
  it('makes a member, and says so', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    const runners = await communities.create(asha, { name: 'Runners' });
    const joined = await memberships.join(ravi, runners.id);
    expect(joined).toEqual({ communityId: runners.id, userId: ravi.personId, role: 'member', joinedAt: expect.any(String) });
    expect((await said(runners.id)).at(-1)).toEqual({
      type: 'member.joined', aggregate: `${runners.id}:${ravi.personId}`, version: 1, data: { communityId: runners.id, userId: ravi.personId, role: 'member' },
    });
  });

  it('fifty times at once makes one membership and one event', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => memberships.join(ravi, runners.id)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => AlreadyMember()));
    expect((await said(runners.id)).filter(({ data }) => data['userId'] === ravi.personId)).toHaveLength(1);
  });

  it('does not make an owner less', async () => {
    const asha = somebody();
    const runners = await communities.create(asha, { name: 'Runners' });
    expect(await memberships.join(asha, runners.id)).toEqual(AlreadyMember());
    expect(await memberships.roleOf(runners.id, asha.personId)).toBe('owner');
  });

  it('that does not exist is refused, and says nothing', async () => {
    expect(await memberships.join(somebody(), id(404))).toEqual(CommunityNotFound());
    expect(await said(id(404))).toEqual([]);
  });

  it('means the same community however its id is spelt', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    expect(await memberships.join(ravi, runners.id.toUpperCase())).toMatchObject({ communityId: runners.id });
    expect((await said(runners.id)).at(-1)).toMatchObject({ aggregate: `${runners.id}:${ravi.personId}` });
  });
});

/** A community with one person in each of these roles, and a second owner. */
async function ofEveryRank() {
  const [founder, owner, admin, moderator, member] = [somebody(), somebody(), somebody(), somebody(), somebody()];
  const { id: communityId } = await communities.create(founder, { name: 'Runners' });
  for (const [person, role] of [[owner, 'owner'], [admin, 'admin'], [moderator, 'moderator'], [member, 'member']] as const)
    await database.db.transaction((tx) => memberships.admit(tx, communityId, person.personId, role));
  return { communityId, founder, owner, admin, moderator, member };
}

describe('leaving a community', () => {
  it('ends the membership, and says so', async () => {
    const { communityId, member } = await ofEveryRank();
    expect(await memberships.leave(member, communityId)).toEqual({ communityId, userId: member.personId });
    expect(await memberships.roleOf(communityId, member.personId)).toBeNull();
    expect((await said(communityId)).at(-1)).toEqual({
      type: 'member.left', aggregate: `${communityId}:${member.personId}`, version: 2, data: { communityId, userId: member.personId, removedBy: null },
    });
  });

  it('a hundred times at once is one departure and one event', async () => {
    const { communityId, member } = await ofEveryRank();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => memberships.leave(member, communityId)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 99 }, () => NotAMember()));
    expect((await said(communityId)).filter(({ type }) => type === 'member.left')).toHaveLength(1);
  });

  it('takes a membership, and tells a stranger the same of what is there and what is not', async () => {
    const { communityId } = await ofEveryRank();
    expect(await memberships.leave(somebody(), communityId)).toEqual(NotAMember());
    expect(await memberships.leave(somebody(), id(404))).toEqual(NotAMember());
  });

  it('is refused to the only owner', async () => {
    const asha = somebody();
    const runners = await communities.create(asha, { name: 'Runners' });
    await memberships.join(somebody(), runners.id);
    expect(await memberships.leave(asha, runners.id)).toEqual(LastOwner());
    expect(await memberships.roleOf(runners.id, asha.personId)).toBe('owner');
  });

  it('is open to owners at once, all but one', async () => {
    for (let round = 0; round < 10; round++) {
      const { communityId, founder, owner } = await ofEveryRank();
      const outcomes = await Promise.all([memberships.leave(founder, communityId), memberships.leave(owner, communityId)]);
      expect(outcomes.filter(isRefusal)).toEqual([LastOwner()]);
    }
  });
});

describe('removing a member', () => {
  it('ends the membership, and says who did', async () => {
    const { communityId, moderator, member } = await ofEveryRank();
    expect(await memberships.remove(moderator, { communityId, userId: member.personId })).toEqual({ communityId, userId: member.personId });
    expect(await memberships.hearing(member, `community:${communityId}`)).toEqual(MayNotHear());
    expect((await said(communityId)).at(-1)).toEqual({
      type: 'member.left', aggregate: `${communityId}:${member.personId}`, version: 2, data: { communityId, userId: member.personId, removedBy: moderator.personId },
    });
  });

  it('by fifty at once, while the member leaves, is one departure', async () => {
    const { communityId, moderator, member } = await ofEveryRank();
    const removals = Array.from({ length: 50 }, () => memberships.remove(moderator, { communityId, userId: member.personId }));
    const outcomes = await Promise.all([...removals, memberships.leave(member, communityId)]);
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 50 }, () => NotAMember()));
    expect((await said(communityId)).filter(({ type }) => type === 'member.left')).toHaveLength(1);
  });

  it('is refused among equals, upwards, of oneself and of strangers, and nothing is said', async () => {
    const { communityId, founder, owner, admin, moderator } = await ofEveryRank();
    const before = await said(communityId);
    const remove = (remover: Caller, { personId }: Caller) => memberships.remove(remover, { communityId, userId: personId });
    expect(await remove(founder, owner)).toEqual(NotOutranked());
    expect(await remove(moderator, admin)).toEqual(NotOutranked());
    expect(await remove(moderator, moderator)).toEqual(RemovesOneself());
    expect(await remove(moderator, somebody())).toEqual(NotAMember());
    expect(await remove(somebody(), moderator)).toEqual(NotFound());
    expect(await said(communityId)).toEqual(before);
  });

  it('is not done by whoever is removed themselves at that moment', async () => {
    for (let round = 0; round < 10; round++) {
      const { communityId, admin, moderator, member } = await ofEveryRank();
      const [first, second] = await Promise.all([
        memberships.remove(admin, { communityId, userId: moderator.personId }),
        memberships.remove(moderator, { communityId, userId: member.personId }),
      ]);
      expect(isRefusal(first)).toBe(false);
      const order = (await said(communityId)).filter(({ type }) => type === 'member.left').map(({ data }) => data['userId']);
      expect(order).toEqual(isRefusal(second) ? [moderator.personId] : [member.personId, moderator.personId]);
    }
  });
});

describe('coming back to a community', () => {
  it('makes a member again, and goes on counting versions', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    await memberships.join(ravi, runners.id);
    await memberships.leave(ravi, runners.id);
    expect(await memberships.roleOf(runners.id, ravi.personId)).toBeNull();
    expect(await memberships.hearing(ravi, `community:${runners.id}`)).toEqual(MayNotHear());
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => memberships.join(ravi, runners.id)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toMatchObject([{ role: 'member' }]);
    expect((await said(runners.id)).at(-1)).toMatchObject({ type: 'member.joined', aggregate: `${runners.id}:${ravi.personId}`, version: 3 });
  });

  it('again and again counts every version once, in turn', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    const tap = (n: number) => (n % 2 === 0 ? memberships.join(ravi, runners.id) : memberships.leave(ravi, runners.id));
    await Promise.all(Array.from({ length: 200 }, (_, n) => tap(n)));
    const turns = (await said(runners.id)).filter(({ data }) => data['userId'] === ravi.personId);
    expect(turns.length).toBeGreaterThan(1);
    expect(turns.map(({ type, version }) => [type, version])).toEqual(turns.map((_, n) => [n % 2 === 0 ? 'member.joined' : 'member.left', n + 1]));
  });

  it('begins a right of its own: nobody has it since before they left', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    await memberships.join(ravi, runners.id);
    const hasLeft = Promise.withResolvers<void>();
    const rejoined = hasLeft.promise.then(() => memberships.join(ravi, runners.id));
    const stillLeaving = await database.db.transaction(async (tx) => {
      await memberships.leave(ravi, runners.id);
      hasLeft.resolve();
      await vi.waitUntil(async () => (await tx.query('SELECT 1 FROM pg_locks WHERE NOT granted')).length > 0, { timeout: 5_000, interval: 1 });
      const [clock] = await tx.query<{ now: Date }>('SELECT clock_timestamp() AS now');
      return clock!.now.toISOString();
    });
    expect(await rejoined).toMatchObject({ role: 'member' });
    const { since } = (await memberships.hearing(ravi, `community:${runners.id}`)) as { since: string };
    expect(since >= stillLeaving, `${since} is before ${stillLeaving}`).toBe(true);
  });
});

describe('all memberships', () => {
  /** Page by page, as a replica reads them; `between` happens after each page. */
  async function read(limit: number, between: (page: number) => unknown = () => undefined) {
    const items: MemberState[] = [];
    let pages = 0;
    for (let after: string | undefined, more = true; more; pages++) {
      const page = await memberships.all({ after, limit });
      if (isRefusal(page)) throw new Error(page.code);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.push(...page.items);
      await between(pages);
      more = page.next !== null;
      after = page.next ?? undefined;
    }
    return { items, pages };
  }

  const keyOf = ({ communityId, userId }: MemberState) => `${communityId}:${userId}`;
  const everybody = async () => (await database.db.query<MemberState>('SELECT community_id AS "communityId", user_id AS "userId", role, version FROM membership')).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

  async function manyJoin(count: number): Promise<{ id: string; people: Caller[] }> {
    const runners = await communities.create(somebody(), { name: 'Runners' });
    const people = Array.from({ length: count }, somebody);
    await Promise.all(people.map((person) => memberships.join(person, runners.id)));
    return { id: runners.id, people };
  }

  it.each([1, 7, 1_000])('come %i at a time, each once, with those who left', async (limit) => {
    const { id: communityId, people } = await manyJoin(12);
    await memberships.leave(people[3]!, communityId);
    const { items } = await read(limit);
    expect(items).toEqual(await everybody());
    expect(items).toContainEqual({ communityId, userId: people[3]!.personId, role: null, version: 2 });
  });

  it('that change while somebody reads are neither skipped nor doubled', async () => {
    const { id: communityId, people } = await manyJoin(20);
    const before = (await everybody()).map(keyOf);
    const { items } = await read(5, async (page) => {
      await memberships.leave(people[page % people.length]!, communityId);
      await memberships.join(somebody(), communityId);
    });
    const seen = items.map(keyOf);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(before));
  });

  it('fit a thousand at a time into what the bus carries, several times over', async () => {
    const { id: communityId } = await manyJoin(0);
    await database.db.query(`INSERT INTO membership (community_id, user_id, role, version) SELECT $1, gen_random_uuid(), 'moderator', 2147483647 FROM generate_series(1, 1100)`, [communityId]);
    const page = await memberships.all({ limit: 1_000 });
    expect(isRefusal(page) ? page : page.items.length).toBe(1_000);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(250_000);
    await database.db.query('DELETE FROM membership WHERE version = 2147483647');
  });

  it('begin at no cursor but ours', async () => {
    for (const after of ['', 'bm9uc2Vuc2U', Buffer.from(JSON.stringify([id(1), 'x'])).toString('base64url')]) expect(await memberships.all({ after, limit: 1 })).toEqual(BadCursor());
  });
});

describe('hearing a community', () => {
  it('is for its members, since they joined', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    const runners = await communities.create(asha, { name: 'Runners' });
    const joined = await memberships.join(ravi, runners.id);
    const name = `community:${runners.id}`;
    expect(await memberships.hearing(ravi, name)).toEqual({ topic: name, scope: name, since: (joined as Membership).joinedAt });
    expect(await memberships.hearing(somebody(), name)).toEqual(MayNotHear());
  });

  it('that does not exist, or is no community, is refused in the same words', async () => {
    for (const name of [`community:${id(404)}`, 'community:42', 'nonsense', `person:${id(1)}`]) expect(await memberships.hearing(somebody(), name)).toEqual(MayNotHear());
  });
});
