import { communities, type Post } from '@mela/contracts';
import { openWorld, type Scenario, type Someone } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

const withFivePosts: Scenario<{ asha: Someone; runners: { id: string }; posts: Post[] }> = async (world) => {
  const asha = await world.someone('Asha');
  const runners = await asha.asks(communities.create, { name: 'Cubbon Park Runners' });
  const posts: Post[] = [];
  for (let lap = 1; lap <= 5; lap++) posts.unshift(await asha.asks(communities.createPost, { communityId: runners.id, body: `Lap ${lap}` }));
  return { asha, runners, posts };
};

describe('reading the posts of a community', () => {
  it('goes from the newest to the oldest, page by page', async () => {
    const { asha, runners, posts } = await world.given(withFivePosts);
    const read: Post[] = [];
    let after: string | null = null;
    do {
      const page: { items: Post[]; next: string | null } = await asha.asks(communities.listPosts, { communityId: runners.id, limit: 2, ...(after === null ? {} : { after }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      read.push(...page.items);
      after = page.next;
    } while (after !== null);
    expect(read).toEqual(posts);
  });

  it('is not disturbed by what is written meanwhile', async () => {
    const { asha, runners, posts } = await world.given(withFivePosts);
    const first = await asha.asks(communities.listPosts, { communityId: runners.id, limit: 3 });
    await asha.asks(communities.createPost, { communityId: runners.id, body: 'Lap 6' });
    const second = await asha.asks(communities.listPosts, { communityId: runners.id, limit: 3, after: first.next! });
    expect([...first.items, ...second.items]).toEqual(posts);
  });

  it('ends a page of very long posts early, and goes on where it ended', async () => {
    const asha = await world.someone('Asha');
    const library = await asha.asks(communities.create, { name: 'Patan Book Circle' });
    const body = '長'.repeat(5_000);
    await Promise.all(Array.from({ length: 40 }, () => asha.asks(communities.createPost, { communityId: library.id, body })));
    const first = await asha.asks(communities.listPosts, { communityId: library.id, limit: 100 });
    expect(first.items.length).toBeLessThan(40);
    const second = await asha.asks(communities.listPosts, { communityId: library.id, limit: 100, after: first.next! });
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(40);
    expect(second.next).toBeNull();
  });

  it('begins at no cursor but ours, and no page is endless', async () => {
    const { asha, runners } = await world.given(withFivePosts);
    expect(await asha.isRefused(communities.listPosts, { communityId: runners.id, after: 'bm9uc2Vuc2U' })).toMatchObject({ status: 400, code: 'request.bad_cursor' });
    for (const limit of [0, 101, 1e9, 1.5]) expect(await asha.isRefused(communities.listPosts, { communityId: runners.id, limit })).toMatchObject({ status: 400, code: 'request.invalid' });
  });
});
