import { communities, realtime, topic } from '@mela/contracts';
import { openWorld } from '@mela/testkit';
import { afterEach, expect, it } from 'vitest';
import { Page } from './page.fixture.ts';

const world = openWorld();
afterEach(() => world.rest());

it('a page that cannot send a header hears what happens: with a ticket, once', async () => {
  const asha = await world.someone('Asha');
  const runners = await asha.asks(communities.create, { name: 'Runners' });
  const { ticket } = await asha.asks(realtime.createTicket, {});
  const address = `${world.addresses.realtime.replace('ws', 'http')}/events?topics=${topic.community(runners.id)}&ticket=${ticket}`;
  const page = await Page.open(address);
  await page.live(topic.community(runners.id));
  const post = await asha.asks(communities.createPost, { communityId: runners.id, body: 'Good morning' });
  expect(await page.until(({ t, type }) => t === 'ev' && type === 'post.created')).toMatchObject({ d: { postId: post.id } });
  page.leave();
  await expect(Page.open(address)).rejects.toThrow('auth.invalid_ticket');
});
