import { describe, expect, it } from 'vitest';
import { openHarbour, PilotDismissed } from './harbour.fixture.ts';
import { asha, cid, Inquiry, NORTH } from './inquiry.fixture.ts';
import { Page } from './page.fixture.ts';

describe('why a client that remembers one cursor did not get it', () => {
  const world = openHarbour();
  const at = new Inquiry(world);

  const poll = async (path: string) => Page.ask(`${at.gateway.http}/realtime/${path}`, { token: await world.token(asha) });
  const streamed = async (query = '') => Page.open(`${at.gateway.http}/realtime/events?topics=${NORTH}${query}`, { token: await world.token(asha) });
  const verdicts = async (eventId: string) => (await at.findings(eventId)).filter(({ topic }) => topic === NORTH || topic === null).map(({ verdict }) => verdict);

  it('says that a stream delivered it, and to which page', async () => {
    await at.open();
    const page = await streamed();
    await page.live(NORTH);
    const eventId = await at.happened();
    await page.hears(eventId);
    expect(await at.only(eventId)).toMatchObject({ verdict: 'delivered', connection: cid(page), topic: NORTH });
    page.leave();
  });

  it('does not say that a page has read what it never confirmed, until its cursor says so', async () => {
    await at.open();
    const page = await streamed();
    await page.live(NORTH);
    const eventId = await at.happened();
    await page.hears(eventId);
    page.leave();
    await expect.poll(() => at.only(eventId)).toMatchObject({ verdict: 'unconfirmed', connection: cid(page), code: '1006' });
    const missed = await at.happened();
    const again = await streamed(`&since=${page.lastEventId}`);
    await again.hears(missed);
    expect(await verdicts(eventId)).toEqual(['unconfirmed', 'resumed_later']);
    expect((await at.findings(missed)).at(-1)).toMatchObject({ verdict: 'replayed', connection: cid(again) });
    again.leave();
  });

  it('says that the right to it was taken away, and that it was refused', async () => {
    await at.open();
    const page = await Page.open(`${at.gateway.http}/realtime/events?topics=${NORTH},dock:closed`, { token: await world.token(asha) });
    await page.live(NORTH);
    await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
    await page.until(({ t, code }) => t === 'unsub' && code === 'topic.forbidden');
    expect(await at.only(await at.happened())).toMatchObject({ verdict: 'revoked', topic: NORTH });
    const { id: behindClosedDoors } = await world.publish({ dock: 'closed' });
    await at.happened();
    expect(await at.only(behindClosedDoors)).toMatchObject({ verdict: 'refused', code: 'topic.forbidden' });
    page.leave();
  });

  it('says what waits for a page that does not read, and what it has lost', async () => {
    await at.open({ REALTIME_MAX_BUFFERED: '1048576' });
    const page = await streamed();
    await page.live(NORTH);
    const events = [await at.happened()];
    page.response.pause();
    const until = async (verdict: string) => {
      do events.push(await at.happened({ note: 'x'.repeat(400_000) }));
      while ((await at.only(events.at(-1)!)).verdict !== verdict);
    };
    await until('buffered');
    expect(await at.only(events.at(-1)!)).toMatchObject({ waiting: expect.toSatisfy((bytes: number) => bytes > 0) });
    expect(await at.only(events[0]!)).toMatchObject({ verdict: 'delivered' });
    await until('dropped');
    expect(await at.only(events.at(-1)!)).toMatchObject({ code: '4008', connection: cid(page) });
    expect(await at.only(events[0]!)).toMatchObject({ verdict: 'unconfirmed', code: '4008' });
    page.leave();
  });

  it('says what waits for its turn while the past is told, and that the stream ended meanwhile', async () => {
    await at.open({ REALTIME_MAX_BUFFERED: '65536' });
    const start = (await at.witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
    const first = await at.happened();
    let last = '';
    for (let n = 0; n < 40; n++) last = await at.happened({ note: 'x'.repeat(400_000) });
    const page = await streamed(`&since=${String(start)}`);
    await page.until(({ t }) => t === 'connected');
    page.response.pause();
    await expect.poll(async () => (await at.findings(last)).at(-1)).toMatchObject({ verdict: 'buffered', connection: cid(page), waiting: expect.any(Number) });
    await expect.poll(async () => (await at.findings(first)).at(-1)).toMatchObject({ verdict: 'replayed' });
    page.leave();
    await expect.poll(async () => (await at.findings(last)).at(-1)).toMatchObject({ verdict: 'interrupted', code: '1006' });
  });

  it('says in which poll it was told, and once that the next one knew of it', async () => {
    await at.open();
    const first = (await poll(`poll?topics=${NORTH}`)).body;
    const eventId = await at.happened();
    const second = (await poll(`poll?topics=${NORTH}&since=${String(first['next'])}`)).body;
    expect(second).toMatchObject({ frames: [{ id: eventId }] });
    expect(await verdicts(eventId)).toEqual(['not_connected', 'unconfirmed']);
    for (let polls = 0; polls < 3; polls++) await poll(`poll?topics=${NORTH}&since=${String(second['next'])}&wait=0`);
    expect(await verdicts(eventId)).toEqual(['not_connected', 'unconfirmed', 'resumed_later']);
  });

  it('does not say that a poll told what came after its answer', async () => {
    await at.open();
    const { next } = (await poll(`poll?topics=${NORTH}`)).body;
    await poll(`poll?topics=${NORTH}&since=${String(next)}&wait=0`);
    expect(await verdicts(await at.happened())).toEqual(['not_connected']);
  });
});
