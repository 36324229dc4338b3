import type { Caller } from '@mela/bus';
import { AlreadyMember, BadCursor, CommunityNotFound, id, isRefusal, MayNotHear, type MemberState } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { communitiesOn, openCommunitiesDatabase, somebody } from '../../test/communities.fixture.ts';
import type { ServiceDatabase } from '@mela/testkit';

let database: ServiceDatabase;
let { communities, memberships } = {} as ReturnType<typeof communitiesOn>;
beforeAll(async () => {
  database = await openCommunitiesDatabase();
  ({ communities, memberships } = communitiesOn(database.db));
});
afterAll(() => database?.close());

/** Nobody can leave yet; this is how it will be kept. */
const leaves = (communityId: string, userId: string) =>
  database.db.query('UPDATE membership SET role = NULL, version = version + 1 WHERE community_id = $1 AND user_id = $2', [communityId, userId]);
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

describe('coming back to a community', () => {
  it('makes a member again, and goes on counting versions', async () => {
    const ravi = somebody();
    const runners = await communities.create(somebody(), { name: 'Runners' });
    await memberships.join(ravi, runners.id);
    await leaves(runners.id, ravi.personId);
    expect(await memberships.roleOf(runners.id, ravi.personId)).toBeNull();
    expect(await memberships.hearing(ravi, `community:${runners.id}`)).toEqual(MayNotHear());
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => memberships.join(ravi, runners.id)));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toMatchObject([{ role: 'member' }]);
    expect((await said(runners.id)).at(-1)).toMatchObject({ type: 'member.joined', aggregate: `${runners.id}:${ravi.personId}`, version: 3 });
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
    await leaves(communityId, people[3]!.personId);
    const { items } = await read(limit);
    expect(items).toEqual(await everybody());
    expect(items).toContainEqual({ communityId, userId: people[3]!.personId, role: null, version: 2 });
  });

  it('that change while somebody reads are neither skipped nor doubled', async () => {
    const { id: communityId, people } = await manyJoin(20);
    const before = (await everybody()).map(keyOf);
    const { items } = await read(5, async (page) => {
      await leaves(communityId, people[page]!.personId);
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
  it('is for its members', async () => {
    const asha = somebody();
    const runners = await communities.create(asha, { name: 'Runners' });
    const name = `community:${runners.id}`;
    expect(await memberships.hearing(asha, name)).toEqual({ topic: name, scope: name });
    expect(await memberships.hearing(somebody(), name)).toEqual(MayNotHear());
  });

  it('that does not exist, or is no community, is refused in the same words', async () => {
    for (const name of [`community:${id(404)}`, 'community:42', 'nonsense', `person:${id(1)}`]) expect(await memberships.hearing(somebody(), name)).toEqual(MayNotHear());
  });
});
