import { AlreadyMember, CommunityNotFound, id, isRefusal, MayNotHear } from '@mela/contracts';
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
