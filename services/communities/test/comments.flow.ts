import { CommentCreated, communities, id, PostCreated, topic, type Comment, type Post } from '@mela/contracts';
import { openWorld, type Scenario, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const aPostByAsha: Scenario<{ asha: Someone; ravi: Someone; dev: Someone; post: Post; under: { communityId: string; postId: string } }> = async (world) => {
  const [asha, ravi, dev] = await Promise.all([world.someone('Asha'), world.someone('Ravi'), world.someone('Dev')]);
  const { id: communityId } = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  await ravi.asks(communities.join, { communityId });
  const post = await asha.asks(communities.createPost, { communityId, body: 'Sunday at six' });
  return { asha, ravi, dev, post, under: { communityId, postId: post.id } };
};

describe('a comment', () => {
  it('is heard at once by whoever has the post open, and by nobody else', async () => {
    const { asha, ravi, under } = await world.given(aPostByAsha);
    const [opened, elsewhere] = [await asha.listens(topic.post(under.postId)), await asha.listens(topic.community(under.communityId))];
    const comment = await ravi.asks(communities.createComment, { ...under, body: 'Count me in' });
    await expect(opened).toHear(CommentCreated, { commentId: comment.id, ...under, authorId: ravi.id });

    const next = await ravi.asks(communities.createPost, { communityId: under.communityId, body: 'Monday, too?' });
    await expect(elsewhere).toHear(PostCreated, { postId: next.id });
    expect(elsewhere.heard.map(({ type }) => type)).not.toContain(CommentCreated.type);
  });

  it('is read oldest first, page by page', async () => {
    const { asha, ravi, under } = await world.given(aPostByAsha);
    const written: Comment[] = [];
    for (let n = 1; n <= 5; n++) written.push(await (n % 2 === 0 ? asha : ravi).asks(communities.createComment, { ...under, body: `Lap ${n}` }));
    const first = await ravi.asks(communities.listComments, { ...under, limit: 3 });
    const second = await ravi.asks(communities.listComments, { ...under, limit: 3, after: first.next! });
    expect([...first.items, ...second.items]).toEqual(written);
    expect(second.next).toBeNull();
  });

  it('belongs to a post of the community: another’s is not found there', async () => {
    const { asha, under } = await world.given(aPostByAsha);
    const chess = await asha.asks(communities.create, { name: 'Chess' });
    for (const wrong of [{ ...under, communityId: chess.id }, { ...under, postId: id(404) }]) {
      expect(await asha.isRefused(communities.createComment, { ...wrong, body: 'Hello' })).toMatchObject({ status: 404, code: 'post.not_found' });
      expect(await asha.isRefused(communities.listComments, wrong)).toMatchObject({ status: 404, code: 'post.not_found' });
    }
  });

  it('is kept from strangers, and from whoever has left', async () => {
    const { ravi, dev, under } = await world.given(aPostByAsha);
    await ravi.asks(communities.leave, { communityId: under.communityId });
    for (const person of [dev, ravi]) {
      await expect(person.listens(topic.post(under.postId))).rejects.toThrow('topic.forbidden');
      await expect(person.listens(topic.post(id(404)))).rejects.toThrow('topic.forbidden');
      expect(await person.isRefused(communities.listComments, under)).toMatchObject({ status: 404, code: 'resource.not_found' });
      expect(await person.isRefused(communities.createComment, { ...under, body: 'Hello' })).toMatchObject({ status: 404, code: 'resource.not_found' });
    }
  });
});
