import { communities, MemberJoined, PostCreated, topic } from '@mela/contracts';
import { openWorld, type Scenario } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const foundedByAsha: Scenario<{ asha: Awaited<ReturnType<typeof world.someone>>; ravi: Awaited<ReturnType<typeof world.someone>>; runners: { id: string } }> = async (world) => {
  const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
  return { asha, ravi, runners: await asha.asks(communities.create, { name: 'Cubbon Park Runners' }) };
};

describe('the thread', () => {
  it('reaches the open screen of whoever founded the community: somebody joins, somebody posts', async () => {
    const { asha, ravi, runners } = await world.given(foundedByAsha);
    const screen = await asha.listens(topic.community(runners.id));

    await ravi.asks(communities.join, { communityId: runners.id });
    await expect(screen).toHear(MemberJoined, { communityId: runners.id, userId: ravi.id, role: 'member' });

    const post = await ravi.asks(communities.createPost, { communityId: runners.id, body: 'Six o’clock at the east gate' });
    await expect(screen).toHear(PostCreated, { postId: post.id, communityId: runners.id, authorId: ravi.id });
    expect(await asha.asks(communities.listPosts, { communityId: runners.id })).toContainItem({ id: post.id, body: 'Six o’clock at the east gate' });
  });

  it('tells the newcomer on every screen of theirs, without asking', async () => {
    const { ravi, runners } = await world.given(foundedByAsha);
    const [phone, laptop] = [await ravi.opensScreen(), await ravi.opensScreen()];
    await ravi.asks(communities.join, { communityId: runners.id });
    await expect(phone).toHear(MemberJoined, { userId: ravi.id });
    await expect(laptop).toHear(MemberJoined, { userId: ravi.id });
  });

  it('lets a newcomer post and listen the moment they have joined', async () => {
    const { ravi, runners } = await world.given(foundedByAsha);
    await ravi.asks(communities.join, { communityId: runners.id });
    const screen = await ravi.listens(topic.community(runners.id));
    const post = await ravi.asks(communities.createPost, { communityId: runners.id, body: 'Hello' });
    await expect(screen).toHear(PostCreated, { postId: post.id });
  });

  it('keeps strangers out: they neither hear, nor read, nor post', async () => {
    const { ravi, runners } = await world.given(foundedByAsha);
    await expect(ravi.listens(topic.community(runners.id))).rejects.toThrow('topic.forbidden');
    expect(await ravi.isRefused(communities.listPosts, { communityId: runners.id })).toMatchObject({ status: 404 });
    expect(await ravi.isRefused(communities.createPost, { communityId: runners.id, body: 'Hello' })).toMatchObject({ status: 404 });
  });

  it('makes one member of fifty taps', async () => {
    const { asha, ravi, runners } = await world.given(foundedByAsha);
    const screen = await asha.listens(topic.community(runners.id));
    const taps = await Promise.allSettled(Array.from({ length: 50 }, () => ravi.asks(communities.join, { communityId: runners.id })));
    expect(taps.filter((tap) => tap.status === 'fulfilled')).toHaveLength(1);
    expect(taps.filter((tap) => tap.status === 'rejected').every((tap) => tap.reason.code === 'member.already')).toBe(true);

    const post = await ravi.asks(communities.createPost, { communityId: runners.id, body: 'After all the tapping' });
    await expect(screen).toHear(PostCreated, { postId: post.id });
    expect(screen.heard.filter(({ type, d }) => type === MemberJoined.type && d['userId'] === ravi.id)).toHaveLength(1);
  });

  it('carries a person’s posts in the order in which they were written', async () => {
    const { asha, runners } = await world.given(foundedByAsha);
    const screen = await asha.listens(topic.community(runners.id));
    const written: string[] = [];
    for (let n = 1; n <= 20; n++) written.push((await asha.asks(communities.createPost, { communityId: runners.id, body: `Lap ${n}` })).id);
    await expect(screen).toHear(PostCreated, { postId: written.at(-1)! });
    for (const postId of written) await expect(screen).toHear(PostCreated, { postId });
    const posts = screen.heard.filter(({ type }) => type === PostCreated.type).map(({ d }) => d['postId']);
    expect(new Set(posts).size).toBe(20);
  });
});
