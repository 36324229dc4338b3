import type { MelaRealtime as MelaRealtimeClient, Options } from '@mela/client';
import { Asker, continueTrace, within } from '@mela/bus';
import { isRefusal, realtime } from '@mela/contracts';
import { hasBrowser, inABrowser } from '@mela/testkit/browser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Site } from './browser.fixture.ts';
import { openHarbour } from './harbour.fixture.ts';
import { Passage } from './passage.fixture.ts';

/** What a page under test keeps for us to look at. */
interface Kept {
  ids: string[];
  resyncs: number;
  way?: string;
}

describe.skipIf(!hasBrowser)(inABrowser, () => {
  const world = openHarbour();
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  });
  afterAll(() => site.close());

  const gatewayFor = (settings = {}) => world.gateway({ REALTIME_ORIGINS: site.origin, ...settings });
  const kept = (page: Awaited<ReturnType<Site['page']>>) => page.evaluate(() => (globalThis as unknown as { kept: Kept }).kept);
  /** As a page gets it from the API, to which it shows who it is. */
  const ticket = async () => {
    const asker = new Asker({ nc: world.nc, mayAsk: new Set([realtime.createTicket.id]) });
    const given = await within({ traceparent: continueTrace(undefined), token: world.pilotsToken }, () => asker.ask(realtime.createTicket, {}));
    if (isRefusal(given)) throw new Error(given.code);
    return given.ticket;
  };
  const patience = { timeout: 15_000 };

  it.each(['websocket', 'sse', 'poll'] as const)('the client hears by %s, over cuts, once and in order', async (way) => {
    const gateway = await gatewayFor();
    const passage = await Passage.to(gateway.http);
    const page = await site.page();
    await page.evaluate(
      ({ url, token, way }) => {
        const mine: Kept = { ids: [], resyncs: 0 };
        Object.assign(globalThis, { kept: mine });
        const { MelaRealtime } = globalThis as unknown as { MelaRealtime: new (options: Options) => MelaRealtimeClient };
        const client = new MelaRealtime({ url, token: async () => token, transports: [way], random: () => 0.01, changed: (_state, now) => Object.assign(mine, { way: now }) });
        client.subscribe('dock:north', { event: (event) => mine.ids.push(event.id), resync: () => mine.resyncs++ });
        client.connect();
      },
      { url: passage.url, token: world.pilotsToken, way },
    );
    await expect.poll(() => kept(page), patience).toMatchObject({ resyncs: 1, way });
    const told: string[] = [];
    for (let cuts = 0; cuts < 3; cuts++) {
      for (let n = 0; n < 10; n++) told.push((await world.publish()).id);
      passage.cut();
      for (let n = 0; n < 10; n++) told.push((await world.publish()).id);
    }
    await expect.poll(async () => (await kept(page)).ids, patience).toEqual(told);
    expect((await kept(page)).resyncs).toBe(1);
    await page.close();
    await passage.close();
  }, 60_000);

  it('an EventSource opens with a ticket, and hears an event of two topics as one message of two lines', async () => {
    const gateway = await gatewayFor();
    const page = await site.page();
    await page.evaluate((address) => {
      const mine: Kept = { ids: [], resyncs: 0 };
      Object.assign(globalThis, { kept: mine });
      const source = new EventSource(address);
      source.onmessage = ({ data, lastEventId }) => {
        const frames = String(data).split('\n').map((line) => JSON.parse(line) as { t: string; topic: string; c: string });
        if (frames.some(({ t }) => t === 'live')) mine.resyncs++;
        for (const { t, topic, c } of frames) if (t === 'ev') mine.ids.push(`${topic} ${c === lastEventId}`);
      };
    }, `${gateway.http}/realtime/events?topics=dock:north,berth:1&ticket=${await ticket()}`);
    await expect.poll(() => kept(page), patience).toMatchObject({ resyncs: 1 });
    await world.publish({ berth: '1' });
    await expect.poll(async () => (await kept(page)).ids, patience).toEqual(['dock:north true', 'berth:1 true']);
    await page.close();
  }, 60_000);

  it('a page with an EventSource takes another ticket when it is cut off, and goes on from the last id: nothing is lost or doubled', async () => {
    const passage = await Passage.to((await gatewayFor()).http);
    const page = await site.page();
    await page.exposeFunction('ticket', ticket);
    await page.evaluate((address) => {
      const mine: Kept = { ids: [], resyncs: 0 };
      Object.assign(globalThis, { kept: mine });
      const another = (globalThis as unknown as { ticket: () => Promise<string> }).ticket;
      const open = async (since: string) => {
        let last = since;
        const source = new EventSource(`${address}&ticket=${await another()}${since && `&since=${since}`}`);
        source.onmessage = ({ data, lastEventId }) => {
          last = lastEventId || last;
          const frames = String(data).split('\n').map((line) => JSON.parse(line) as { t: string; id: string; recovered?: boolean });
          for (const { t, id, recovered } of frames)
            if (t === 'ev') mine.ids.push(id);
            else if (recovered === false) mine.resyncs++;
        };
        source.onerror = () => {
          source.close();
          setTimeout(() => void open(last), 100);
        };
      };
      void open('');
    }, `${passage.url.replace('ws:', 'http:')}/events?topics=dock:north`);
    // Of the topic, and of the person's own.
    await expect.poll(() => kept(page), patience).toMatchObject({ resyncs: 2 });
    const told = [(await world.publish()).id];
    await expect.poll(async () => (await kept(page)).ids, patience).toEqual(told);
    for (let cuts = 0; cuts < 3; cuts++) {
      for (let n = 0; n < 10; n++) told.push((await world.publish()).id);
      passage.cut();
      for (let n = 0; n < 10; n++) told.push((await world.publish()).id);
      await expect.poll(async () => (await kept(page)).ids, patience).toEqual(told);
    }
    expect((await kept(page)).resyncs).toBe(2);
    await page.close();
    await passage.close();
  }, 60_000);

  it('a page of another site is let in nowhere', async () => {
    const gateway = await gatewayFor({ REALTIME_ORIGINS: 'https://app.example' });
    const page = await site.page();
    const outcomes = await page.evaluate(
      async ({ url, http, token }) => {
        const socket = await new Promise((resolve) => {
          const opened = new WebSocket(url);
          opened.onopen = () => resolve('open');
          opened.onclose = () => resolve('closed');
        });
        const asked = (path: string) => fetch(`${http}/realtime/${path}`, { headers: { authorization: `Bearer ${token}` } }).then(() => 'read', () => 'refused');
        return [socket, await asked('events'), await asked('poll')];
      },
      { url: gateway.url, http: gateway.http, token: world.pilotsToken },
    );
    expect(outcomes).toEqual(['closed', 'refused', 'refused']);
    await page.close();
  }, 60_000);
});
