import { Cursors } from '@mela/bus';
import { MayNotHear, Unavailable } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour, pilot, PilotDismissed, PilotPosted, SECRET } from './harbour.fixture.ts';
import { heard, openPages } from './pages.fixture.ts';

describe('a stream of Server-Sent Events and its rights', () => {
  const world = openHarbour();
  const { opened, listening } = openPages(world);
  const own = `person:${pilot}`;
  const cursors = new Cursors(SECRET);

  it('names the topics that may not be heard, and tells the others', async () => {
    const gateway = await world.gateway();
    const page = await opened(gateway, '?topics=dock:closed,whale:1,dock:north');
    await page.live('dock:north');
    expect(page.frames.filter(({ t }) => t === 'err')).toEqual([
      { t: 'err', topic: 'dock:closed', code: 'topic.forbidden', message: expect.any(String), retry: false },
      { t: 'err', topic: 'whale:1', code: 'topic.unknown', message: expect.any(String), retry: false },
    ]);
    expect(page.frames.filter(({ t }) => t === 'live').map(({ topic }) => topic)).toEqual([own, 'dock:north']);
  });

  it('loses a topic with the right to it, after the event that ended it', async () => {
    const gateway = await world.gateway();
    world.master = ({ topic }) => ({ scope: topic.startsWith('berth:') ? 'dock:north' : topic });
    const page = await listening(gateway, ['dock:north', 'berth:1', 'dock:south']);
    const dismissed = await world.say(PilotDismissed, { pilotId: pilot, dock: 'north' });
    await world.publish({ berth: '1' });
    const elsewhere = await world.publish({ dock: 'south' });
    await page.hears(elsewhere.id);
    expect(page.frames.filter(({ t }) => t === 'unsub')).toEqual([
      { t: 'unsub', topic: 'dock:north', code: 'topic.forbidden' },
      { t: 'unsub', topic: 'berth:1', code: 'topic.forbidden' },
    ]);
    expect([heard(page), heard(page, 'berth:1')]).toEqual([[dismissed.id], []]);
    world.master = () => MayNotHear();
    const again = await opened(gateway, '?topics=dock:north', { 'last-event-id': page.lastEventId! });
    await again.live(own);
    expect(again.frames.find(({ t }) => t === 'err')).toMatchObject({ topic: 'dock:north', code: 'topic.forbidden' });
  });

  it('tells what happened while an owner was away, when the page comes back', async () => {
    const gateway = await world.gateway({ REALTIME_PING_MS: '100' });
    const topics = ['dock:north', 'dock:south'];
    const start = (await listening(gateway, topics)).lastEventId!;
    world.master = ({ topic }) => (topic === 'dock:north' ? Unavailable() : undefined);
    const page = await opened(gateway, `?topics=${topics.join(',')}`, { 'last-event-id': start });
    await page.live('dock:south');
    expect(page.frames.find(({ t }) => t === 'err')).toMatchObject({ topic: 'dock:north', code: 'service.unavailable', retry: true });
    const missed = await world.publish();
    const elsewhere = await world.publish({ dock: 'south' });
    await page.hears(elsewhere.id);
    const { comments } = page;
    await page.eventually(() => (page.comments > comments ? true : undefined));
    expect(page.lastEventId).toBeUndefined();
    world.master = () => undefined;
    const back = await listening(gateway, topics, { 'last-event-id': start });
    expect(back.frames.find(({ t, topic }) => t === 'subd' && topic === 'dock:north')).toMatchObject({ recovered: true });
    expect([heard(back), heard(back, 'dock:south')]).toEqual([[missed.id], [elsewhere.id]]);
    expect(back.lastEventId).toBeDefined();
  });

  it('is read anew where a right ended and began again on the way: the last id stays where it ended', async () => {
    const gateway = await world.gateway({ REALTIME_PING_MS: '100' });
    const topics = ['dock:north', 'dock:south'];
    const page = await listening(gateway, topics);
    const there = { pilotId: pilot, dock: 'north' };
    const dismissed = await world.say(PilotDismissed, there);
    const hidden = await world.publish();
    const posted = await world.say(PilotPosted, there);
    const [after, elsewhere] = [await world.publish(), await world.publish({ dock: 'south' })];
    await page.hears(elsewhere.id);
    const { comments } = page;
    await page.eventually(() => (page.comments > comments ? true : undefined));
    expect(cursors.open(page.lastEventId!)!.seq).toBe(dismissed.seq);
    const back = await listening(gateway, topics, { 'last-event-id': page.lastEventId! });
    expect(back.frames.filter(({ t }) => t === 'subd')).toMatchObject([{ topic: own, recovered: true }, { topic: 'dock:north', recovered: false }, { topic: 'dock:south', recovered: true }]);
    expect([heard(back), heard(back, 'dock:south')]).toEqual([[posted.id, after.id], [elsewhere.id]]);
    expect(heard(back)).not.toContain(hidden.id);
  });

  it('reaches back to where a right began and no further', async () => {
    const gateway = await world.gateway();
    const start = (await listening(gateway, ['dock:south'])).lastEventId!;
    const before = await world.publish();
    const posted = await world.say(PilotPosted, { pilotId: pilot, dock: 'north' });
    const after = await world.publish();
    const page = await opened(gateway, '?topics=dock:north', { 'last-event-id': start });
    await page.hears(after.id);
    expect(heard(page)).toEqual([posted.id, after.id]);
    expect(heard(page)).not.toContain(before.id);
  });
});
