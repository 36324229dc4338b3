import { communities, topic } from '@mela/contracts';
import { openWorld, sendOperation } from '@mela/testkit';
import { afterEach, expect, it } from 'vitest';
import { Screen } from './screen.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

it('what happens between reading the state and listening is heard: from the cursor that came with what was read', async () => {
  const asha = await world.someone('Asha');
  const runners = await asha.asks(communities.create, { name: 'Runners' });
  const write = async (body: string) => (await asha.asks(communities.createPost, { communityId: runners.id, body })).id;
  const read = await write('Who is coming?');
  const answer = await sendOperation(world.addresses.api, communities.listPosts, { communityId: runners.id }, { token: asha.token });
  expect(await answer.json()).toMatchObject({ items: [{ id: read }] });
  const between = [await write('I am'), await write('Me, too')];

  const screen = await Screen.open(world.addresses.realtime);
  try {
    const hears = async (postId: string) => screen.until((frame) => frame.t === 'ev' && (frame['d'] as { postId?: string }).postId === postId);
    screen.say({ i: 1, t: 'connect', token: asha.token, subs: { [topic.community(runners.id)]: answer.headers.get('mela-cursor')! } });
    expect(await screen.until(({ t, topic: of }) => t === 'subd' && of === topic.community(runners.id))).toMatchObject({ recovered: true });
    const after = await write('So am I');
    await hears(after);
    const posts = screen.events(topic.community(runners.id)).filter(({ type }) => type === 'post.created').map(({ d }) => (d as { postId: string }).postId);
    // The cursor is from before what was read: that may be told once more, and nothing may be missing.
    expect(posts.filter((postId) => postId !== read)).toEqual([...between, after]);
  } finally {
    screen.leave();
  }
});
