import { afterEach } from 'vitest';
import type { Gateway, openHarbour } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';

export const streamAt = (gateway: Gateway, query = ''): string => `${gateway.http}/realtime/events${query}`;

/** What a page heard of a topic, by the events' ids. */
export const heard = (page: Page, topic = 'dock:north') => page.events(topic).map((frame) => frame['id']);

/** Pages that the pilot opens, unless it is said who does; each leaves when its test is over. */
export function openPages(world: ReturnType<typeof openHarbour>) {
  const pages: Page[] = [];
  afterEach(() => {
    for (const page of pages.splice(0)) page.leave();
  });
  const opened = async (gateway: Gateway, query = '', headers: Record<string, string> = {}, as = world.pilotsToken) => {
    const page = await Page.open(streamAt(gateway, query), { token: as, headers });
    pages.push(page);
    return page;
  };
  const listening = async (gateway: Gateway, topics: readonly string[], headers: Record<string, string> = {}, as = world.pilotsToken) => {
    const page = await opened(gateway, `?topics=${topics.join(',')}`, headers, as);
    for (const topic of topics) await page.live(topic);
    return page;
  };
  return { opened, listening };
}
