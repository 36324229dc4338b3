import { isRefusal, type Refusal } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { communitiesOn, openCommunitiesDatabase, somebody } from '../../test/communities.fixture.ts';

let database: ServiceDatabase;
let { communities, memberships, posts, comments, departures } = {} as ReturnType<typeof communitiesOn>;
beforeAll(async () => {
  database = await openCommunitiesDatabase();
  ({ communities, memberships, posts, comments, departures } = communitiesOn(database.db));
});
afterAll(() => database?.close());

const answer = <A extends object>(outcome: A | Refusal): A => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
const isGone = ({ personId }: { personId: string }) => database.db.transaction((tx) => departures.erase(personId, tx));
const saidAfter = async (act: () => Promise<unknown>) => {
  const before = (await database.events()).length;
  await act();
  return (await database.events()).slice(before);
};

describe('somebody who is gone', () => {
  it('has written nothing any more, and what others said below stays where it stands', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    const { id: communityId } = await communities.create(ravi, { name: 'Runners' });
    await memberships.join(asha, communityId);
    const post = await posts.create(asha, { communityId, body: 'Sunday at six' });
    const place = { communityId, postId: post.id };
    const [hers, his] = [answer(await comments.create(asha, { ...place, body: 'By the lake' })), answer(await comments.create(ravi, { ...place, body: 'Count me in' }))];

    const said = await saidAfter(() => isGone(asha));
    expect(said.map(({ type, version, data }) => [type, version, data])).toEqual([
      ['post.erased', 2, { ...place, authorId: asha.personId }],
      ['comment.erased', 2, { ...place, commentId: hers.id, authorId: asha.personId }],
      ['member.left', 2, { communityId, userId: asha.personId, removedBy: null }],
    ]);
    expect(answer(await posts.list({ communityId, limit: 10 })).items).toEqual([{ ...post, body: '' }]);
    expect(answer(await comments.list({ ...place, limit: 10 })).items).toEqual([{ ...hers, body: '' }, his]);
    expect(await saidAfter(() => isGone(asha))).toEqual([]);
  });

  it('leaves a community that they alone owned to whoever ranks next, and was there first', async () => {
    const [asha, ravi, dev, tara] = [somebody(), somebody(), somebody(), somebody()];
    const { id: communityId } = await communities.create(asha, { name: 'Runners' });
    for (const one of [ravi, dev, tara]) await memberships.join(one, communityId);
    await database.db.query(`UPDATE membership SET role = 'admin' WHERE community_id = $1 AND user_id = ANY($2)`, [communityId, [dev.personId, tara.personId]]);
    const said = await saidAfter(() => isGone(asha));
    expect(said.map(({ type, data }) => [type, data['userId'], data['role']])).toEqual([
      ['member.left', asha.personId, undefined], ['member.left', dev.personId, undefined], ['member.joined', dev.personId, 'owner'],
    ]);
    expect(await Promise.all([asha, ravi, dev, tara].map(({ personId }) => memberships.roleOf(communityId, personId)))).toEqual([null, 'member', 'owner', 'admin']);
  });

  it('leaves one with another owner as it is, and one with nobody else empty', async () => {
    const [asha, ravi] = [somebody(), somebody()];
    const { id: shared } = await communities.create(asha, { name: 'Runners' });
    await memberships.join(ravi, shared);
    await database.db.query(`UPDATE membership SET role = 'owner' WHERE community_id = $1`, [shared]);
    const { id: alone } = await communities.create(asha, { name: 'Chess' });
    const said = await saidAfter(() => isGone(asha));
    expect(said.map(({ type, data }) => [type, data['communityId']]).toSorted()).toEqual([['member.left', shared], ['member.left', alone]].toSorted());
  });

  it('leaves no community without an owner, though its members leave at the same time', async () => {
    const asha = somebody();
    const { id: communityId } = await communities.create(asha, { name: 'Runners' });
    const members = Array.from({ length: 50 }, somebody);
    for (const one of members) await memberships.join(one, communityId);
    await Promise.all([...members.slice(0, 49).map((one) => memberships.leave(one, communityId)), isGone(asha)]);
    const [{ owners }] = (await database.db.query<{ owners: number }>(`SELECT count(*)::int AS owners FROM membership WHERE community_id = $1 AND role = 'owner'`, [communityId])) as [{ owners: number }];
    expect(owners).toBe(1);
  });
});

it('nobody erases by writing nothing: a text that is there says something', async () => {
  const asha = somebody();
  const { id: communityId } = await communities.create(asha, { name: 'Runners' });
  const post = await posts.create(asha, { communityId, body: 'Sunday at six' });
  await expect(database.db.query(`UPDATE post SET body = '' WHERE id = $1`, [post.id])).rejects.toThrow('post_body');
});
