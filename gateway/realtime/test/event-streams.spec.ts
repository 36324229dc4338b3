import { Cursors } from '@mela/bus';
import { describe, expect, it } from 'vitest';
import { openHarbour, pilot, SECRET } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';
import { heard, openPages, streamAt } from './pages.fixture.ts';

describe('a stream of Server-Sent Events', () => {
  const world = openHarbour();
  const { opened, listening } = openPages(world);
  const own = `person:${pilot}`;
  const cursors = new Cursors(SECRET);

  it('says what a WebSocket says, with headers that proxies understand', async () => {
    const gateway = await world.gateway();
    const page = await listening(gateway, ['dock:north']);
    const told = await world.publish({ note: 'two\nlines' });
    expect(await page.hears(told.id)).toMatchObject({ t: 'ev', topic: 'dock:north', type: 'ship.sighted', d: { note: 'two\nlines' } });
    expect(page.response.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    expect(page.retry).toSatisfy((ms: number) => ms >= 1_000 && ms <= 5_000);
    expect(page.frames.slice(0, 5)).toEqual([
      { t: 'connected', cid: expect.any(String), ping: 25_000, exp: expect.any(Number), topics: [own], retryJitter: 500 },
      { t: 'subd', topic: own, recovered: false, to: expect.any(String) },
      { t: 'subd', topic: 'dock:north', recovered: false, to: expect.any(String) },
      { t: 'live', topic: own },
      { t: 'live', topic: 'dock:north' },
    ]);
    expect(page.lastEventId).toBe((await page.hears(told.id))['c']);
  });

  it('tells all topics in the order of the stream, an event of several once on each', async () => {
    const page = await listening(await world.gateway(), ['dock:north', 'dock:south', 'berth:1']);
    const told = [];
    for (let n = 0; n < 120; n++) told.push(await world.publish({ dock: n % 3 === 0 ? 'south' : 'north', ...(n % 2 === 0 ? { berth: '1' } : {}), ...(n % 5 === 0 ? { pilotId: pilot } : {}) }));
    await page.hears(told.at(-1)!.id);
    const places = page.events().map(({ c }) => cursors.open(String(c))!.seq);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(heard(page, 'dock:south')).toEqual(told.filter((_, n) => n % 3 === 0).map((event) => event.id));
    expect(heard(page, 'berth:1')).toEqual(told.filter((_, n) => n % 2 === 0).map((event) => event.id));
    expect(heard(page, own)).toEqual(told.filter((_, n) => n % 5 === 0).map((event) => event.id));
    expect(page.events()).toHaveLength(120 + 60 + 24);
  });

  it('goes on from its last id, on every topic, wherever it broke off, and on another gateway', async () => {
    const [first, second] = [await world.gateway(), await world.gateway()];
    const topics = ['dock:north', 'dock:south', 'berth:1'];
    const whole = await listening(first, topics);
    const start = whole.lastEventId!;
    const told = [];
    for (let n = 0; n < 200; n++) told.push(await world.publish({ dock: n % 2 === 0 ? 'north' : 'south', berth: '1' }));
    await whole.hears(told.at(-1)!.id, 'berth:1');
    const all = whole.events().map(({ topic, id: event }) => `${topic} ${event}`);
    expect(all).toHaveLength(400);
    const ids = [...new Set([start, ...whole.events().map(({ c }) => String(c))])];
    for (const [place, last] of [...ids.entries()].filter(([n]) => n % 67 === 0)) {
      const page = await listening(place % 2 === 0 ? first : second, topics, { 'last-event-id': last });
      expect(page.frames.find(({ t, topic }) => t === 'subd' && topic === 'dock:north')).toMatchObject({ recovered: true });
      const after = page.events().map(({ topic, id: event }) => `${topic} ${event}`);
      expect(after).toEqual(all.slice(place * 2));
      page.leave();
    }
  });

  it('breaks off at any byte without losing or doubling anything', async () => {
    const gateway = await world.gateway();
    const topics = ['dock:north', 'berth:1'];
    let last = (await listening(gateway, topics)).lastEventId!;
    const told: string[] = [];
    for (let n = 0; n < 300; n++) told.push((await world.publish({ berth: '1', note: 'x'.repeat(n) })).id);
    const kept: string[] = [];
    for (let bytes = 900; kept.length < 600; bytes += 1_711) {
      const page = await opened(gateway, `?topics=${topics.join(',')}`, { 'last-event-id': last });
      await cutAfter(page, bytes);
      kept.push(...page.events().map(({ topic, id: event }) => `${topic} ${event}`));
      last = page.lastEventId ?? last;
    }
    expect(kept).toEqual(told.flatMap((event) => [`dock:north ${event}`, `berth:1 ${event}`]));
  });

  it('begins where `since` says; a last id is newer and wins; without either it begins now', async () => {
    const gateway = await world.gateway();
    const start = (await listening(gateway, ['dock:north'])).lastEventId!;
    const [one, two] = [await world.publish(), await world.publish()];
    const since = await opened(gateway, `?topics=dock:north&since=${start}`);
    await since.hears(two.id);
    expect(heard(since)).toEqual([one.id, two.id]);
    const later = String(since.events()[0]!['c']);
    const both = await opened(gateway, `?topics=dock:north&since=${start}`, { 'last-event-id': later });
    await both.live('dock:north');
    expect(heard(both)).toEqual([two.id]);
    const fresh = await listening(gateway, ['dock:north']);
    expect(heard(fresh)).toEqual([]);
  });

  it('is told to begin anew where the past is not known', async () => {
    const gateway = await world.gateway();
    for (const last of ['nonsense', cursors.sign({ epoch: 'another', seq: 1 })]) {
      const page = await listening(gateway, ['dock:north'], { 'last-event-id': last });
      expect(page.frames.find(({ t, topic }) => t === 'subd' && topic === 'dock:north')).toMatchObject({ recovered: false });
      const told = await world.publish();
      await page.hears(told.id);
      expect(heard(page)).toEqual([told.id]);
    }
  });

  it('hears what concerns the person without asking', async () => {
    const page = await opened(await world.gateway());
    await page.live(own);
    const told = await world.publish({ pilotId: pilot });
    await page.hears(told.id);
    expect(page.events().map(({ topic }) => topic)).toEqual([own]);
  });

  it('shows that it is there by comments, and moves the last id on where nothing happens', async () => {
    const gateway = await world.gateway({ REALTIME_PING_MS: '100', REALTIME_RECENT_EVENTS: '100' });
    const page = await listening(gateway, ['dock:north']);
    const first = page.lastEventId!;
    for (let n = 0; n < 150; n++) await world.publish({ dock: 'south' });
    await page.eventually(() => (cursors.open(page.lastEventId!)!.seq >= cursors.open(first)!.seq + 150 ? true : undefined));
    expect(page.comments).toBeGreaterThan(0);
    const told = await world.publish();
    await page.hears(told.id);
    expect(heard(page)).toEqual([told.id]);
    const back = await listening(gateway, ['dock:north'], { 'last-event-id': page.lastEventId! });
    expect(back.frames.find(({ t }) => t === 'subd')).toMatchObject({ recovered: true });
  });

  it('ends with its token, and says so beforehand and at the end', async () => {
    const gateway = await world.gateway();
    const page = await listening(gateway, ['dock:north'], {}, await world.token(pilot, { seconds: 2 }));
    await page.until(({ t }) => t === 'authexp');
    expect(await page.ended).toBe(true);
    expect(page.frames.at(-1)).toEqual({ t: 'bye', code: 4401 });
    expect(await gateway.metric('mela_realtime_closed_total')).toEqual({ '{code="4401"}': 1 });
  });

  it('ends when it is not read: what waits has a bound', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const [reader, sleeper] = [await listening(gateway, ['dock:north']), await listening(gateway, ['dock:north'])];
    sleeper.response.pause();
    const told = [];
    for (let n = 0; n < 40; n++) {
      told.push((await world.publish({ note: 'x'.repeat(400_000) })).id);
      await reader.hears(told.at(-1)!);
    }
    expect(heard(reader)).toEqual(told);
    await expect.poll(() => gateway.metric('mela_realtime_closed_total'), { timeout: 8_000 }).toEqual({ '{code="4008"}': 1 });
    sleeper.response.resume();
    await sleeper.ended;
    const kept = heard(sleeper);
    expect(kept).toEqual(told.slice(0, kept.length));
    const back = await opened(gateway, '?topics=dock:north', { 'last-event-id': sleeper.lastEventId! });
    await back.hears(told.at(-1)!);
    expect([...kept, ...heard(back)]).toEqual(told);
  }, 30_000);

  it('is told the past in pieces, as fast as it is read', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const start = (await listening(gateway, ['dock:north'])).lastEventId!;
    const told: string[] = [];
    for (let n = 0; n < 400; n++) told.push((await world.publish({ note: 'x'.repeat(20_000) })).id);
    const page = await opened(gateway, '?topics=dock:north', { 'last-event-id': start });
    page.response.pause();
    told.push((await world.publish()).id);
    page.response.resume();
    await page.hears(told.at(-1)!);
    expect(heard(page)).toEqual(told);
  });

  it('is told good-bye when the gateway stops, and goes on at another', async () => {
    const [first, second] = [await world.gateway(), await world.gateway()];
    const page = await listening(first, ['dock:north']);
    const told = await world.publish();
    await page.hears(told.id);
    const stopped = first.process.stop();
    expect(await page.ended).toBe(true);
    expect(page.frames.at(-1)).toEqual({ t: 'bye', code: 4001, after: [0, 30_000] });
    await stopped;
    const missed = await world.publish();
    const back = await listening(second, ['dock:north'], { 'last-event-id': page.lastEventId! });
    expect(heard(back)).toEqual([missed.id]);
  });

  it.each([
    ['nobody', async () => ({}), '', 401, 'auth.required'],
    ['a token that is no good', async () => ({ authorization: 'Bearer nonsense' }), '', 401, 'auth.invalid_token'],
    ['a ticket that was never given', async () => ({}), '?ticket=nonsense', 401, 'auth.invalid_ticket'],
    ['a token and a ticket', async () => ({ authorization: `Bearer ${world.pilotsToken}` }), '?ticket=x', 400, 'request.invalid'],
    ['a parameter that does not exist', async () => ({ authorization: `Bearer ${world.pilotsToken}` }), '?topic=dock:north', 400, 'request.invalid'],
    ['a parameter given twice', async () => ({ authorization: `Bearer ${world.pilotsToken}` }), '?topics=a&topics=b', 400, 'request.doubled_field'],
    ['too many topics', async () => ({ authorization: `Bearer ${world.pilotsToken}` }), `?topics=${Array.from({ length: 200 }, (_, n) => `dock:${n}`).join(',')}`, 409, 'topic.too_many'],
  ])('is refused to %s with a problem', async (_whom, headers, query, status, code) => {
    const answer = await Page.ask(streamAt(await world.gateway(), query), { headers: await headers() });
    expect(answer).toMatchObject({ status, body: { status, code, traceId: answer.headers['trace-id'] } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });
});

/** Reads so many bytes and hangs up. */
async function cutAfter(page: Page, bytes: number): Promise<void> {
  const { socket } = page.response;
  const begun = socket.bytesRead;
  socket.on('data', () => {
    if (socket.bytesRead - begun >= bytes) page.leave();
  });
  const all = new Promise<void>((resolve) => void page.eventually(() => (page.frames.filter(({ t }) => t === 'live').length === 3 ? true : undefined)).then(() => resolve(), () => undefined));
  await Promise.race([page.ended, all]);
  page.leave();
}
