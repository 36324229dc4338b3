import { CommentCreated, communities, MemberJoined, PostCreated, topic, type Post } from '@mela/contracts';
import { openWorld, type Scenario, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

/** Asha founded it and wrote two posts, and a comment below the first; Ravi has not joined yet. */
const aTalkativeCommunity: Scenario<{ asha: Someone; ravi: Someone; communityId: string; talkedOf: Post; quiet: Post }> = async (world) => {
  const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
  const { id: communityId } = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  const talkedOf = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
  await asha.asks(communities.createComment, { communityId, postId: talkedOf.id, body: 'At the east gate' });
  return { asha, ravi, communityId, talkedOf, quiet: await asha.asks(communities.createPost, { communityId, body: 'Monday at seven' }) };
};

describe('whoever is removed', () => {
  it('loses the community and its posts on every screen within a second, and hears nothing that happens there later', async () => {
    const { asha, ravi, communityId, talkedOf } = await world.given(aTalkativeCommunity);
    await ravi.asks(communities.join, { communityId });
    const open = [topic.community(communityId), topic.post(talkedOf.id)];
    const [phone, laptop, founders] = [await ravi.listens(...open), await ravi.listens(...open), await asha.listens(...open)];

    await asha.asks(communities.removeMember, { communityId, userId: ravi.id });
    const lost = [phone, laptop].flatMap((screen) => open.map((one) => screen.loses(one, 1_000)));
    expect(await Promise.all(lost)).toEqual(Array(4).fill('topic.forbidden'));

    const comment = await asha.asks(communities.createComment, { communityId, postId: talkedOf.id, body: 'Without Ravi, then' });
    const post = await asha.asks(communities.createPost, { communityId, body: 'Tuesday at eight' });
    await expect(founders).toHear(CommentCreated, { commentId: comment.id });
    await expect(founders).toHear(PostCreated, { postId: post.id });
    // What happens after that reaches the same screens: nothing is still on its way to them.
    const chess = await asha.asks(communities.create, { name: 'Chess' });
    await ravi.asks(communities.join, { communityId: chess.id });
    for (const screen of [phone, laptop]) {
      await expect(screen).toHear(MemberJoined, { communityId: chess.id, userId: ravi.id });
      expect(screen.heard.filter(({ d }) => d['commentId'] === comment.id || d['postId'] === post.id)).toEqual([]);
    }
  });
});

describe('a newcomer with a cursor from before they joined', () => {
  it('hears nothing older than that, and is told where something was left out', async () => {
    const { asha, ravi, communityId, talkedOf, quiet } = await world.given(aTalkativeCommunity);
    const founders = await asha.listens(topic.community(communityId));
    const first = await asha.asks(communities.createPost, { communityId, body: 'Who is coming?' });
    await expect(founders).toHear(PostCreated, { postId: first.id });
    const since = founders.heard.find(({ d }) => d['postId'] === first.id)!.c;
    const under = { communityId, postId: talkedOf.id };
    const readers = await asha.listens(topic.post(talkedOf.id));
    const remark = await asha.asks(communities.createComment, { ...under, body: 'Before Ravi came' });
    const before = await asha.asks(communities.createPost, { communityId, body: 'Before Ravi came, too' });
    // What is of one aggregate may overtake what is of another on its way into the stream: before is what lies there before.
    await expect(readers).toHear(CommentCreated, { commentId: remark.id });
    await expect(founders).toHear(PostCreated, { postId: before.id });

    await ravi.asks(communities.join, { communityId });
    const screen = await ravi.opensScreen();
    expect(await screen.resume(topic.community(communityId), since)).toBe(false);
    expect(await screen.resume(topic.post(talkedOf.id), since)).toBe(false);
    // Nobody said anything there.
    expect(await screen.resume(topic.post(quiet.id), since)).toBe(true);

    const comment = await asha.asks(communities.createComment, { ...under, body: 'Welcome' });
    const post = await asha.asks(communities.createPost, { communityId, body: 'Welcome, Ravi' });
    await expect(screen).toHear(CommentCreated, { commentId: comment.id });
    await expect(screen).toHear(PostCreated, { postId: post.id });
    const onTopics = screen.heard.filter((heard) => heard.topic !== topic.person(ravi.id));
    expect(onTopics.map(({ type }) => type).toSorted()).toEqual([CommentCreated.type, MemberJoined.type, PostCreated.type].toSorted());
    expect(onTopics.map(({ d }) => d['postId'])).not.toContain(before.id);
  });
});
