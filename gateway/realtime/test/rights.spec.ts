import { Cursors } from '@mela/bus';
import { id, MayNotHear } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour, pilot, PilotDismissed, PilotPosted, SECRET, type Gateway } from './harbour.fixture.ts';
import type { Screen } from './screen.fixture.ts';

describe('rights that begin and end', () => {
  const world = openHarbour();
  let gateway: Gateway;

  const north = { pilotId: pilot, dock: 'north' };
  const heard = (screen: Screen, topic = 'dock:north') => screen.events(topic).map((frame) => frame['id']);
  const screenOf = async (personId = pilot, settings = {}) => {
    gateway ??= await world.gateway(settings);
    return gateway.screen(await world.token(personId));
  };
  const open = async () => {
    gateway = await world.gateway();
    world.master = ({ topic }) => ({ scope: topic.startsWith('berth:') ? 'dock:north' : topic });
    return screenOf();
  };

  it('end on every topic that rested on the same scope, on all screens of the person, and nowhere else', async () => {
    const [first, second] = [await open(), await screenOf()];
    const other = await screenOf(id(8));
    for (const screen of [first, second, other]) {
      await screen.listen('dock:north');
      await screen.listen('berth:1');
      await screen.listen('dock:south');
    }
    const dismissed = await world.say(PilotDismissed, north);
    const later = await world.publish({ berth: '1' });
    const elsewhere = await world.publish({ dock: 'south' });
    for (const screen of [first, second]) {
      expect(await screen.until(({ t, topic }) => t === 'unsub' && topic === 'berth:1')).toEqual({ t: 'unsub', topic: 'berth:1', code: 'topic.forbidden' });
      expect(await screen.until(({ t, topic }) => t === 'unsub' && topic === 'dock:north')).toMatchObject({ code: 'topic.forbidden' });
      await screen.hears(elsewhere.id);
      expect([heard(screen), heard(screen, 'berth:1')]).toEqual([[dismissed.id], []]);
      // What concerns the person is still theirs to hear.
      expect(heard(screen, `person:${pilot}`)).toEqual([dismissed.id]);
    }
    await other.until((frame) => frame['id'] === later.id && frame.topic === 'berth:1');
    expect([heard(other), heard(other, 'berth:1')]).toEqual([[dismissed.id, later.id], [later.id]]);
  });

  it('end within a second', async () => {
    const screen = await open();
    await screen.listen('dock:north');
    const began = performance.now();
    await world.say(PilotDismissed, north);
    await screen.until(({ t }) => t === 'unsub');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('may be asked for again', async () => {
    const screen = await open();
    await screen.listen('dock:north');
    await world.say(PilotDismissed, north);
    await screen.until(({ t }) => t === 'unsub');
    world.master = () => MayNotHear();
    expect(await screen.ask({ t: 'sub', topic: 'dock:north' })).toMatchObject({ t: 'err', code: 'topic.forbidden' });
    world.master = () => undefined;
    await world.say(PilotPosted, north);
    await screen.listen('dock:north');
  });

  it('that ended while the owner was asked are asked for anew', async () => {
    const screen = await open();
    let asked = 0;
    world.master = async () => {
      if (++asked > 1) return MayNotHear();
      // The answer of a moment ago: it says yes, and is overtaken by the event.
      const { id: eventId } = await world.say(PilotDismissed, north);
      await screen.hears(eventId);
      return undefined;
    };
    expect(await screen.ask({ t: 'sub', topic: 'dock:north' })).toMatchObject({ t: 'err', code: 'topic.forbidden' });
    expect(asked).toBe(2);
  });

  it('reach back to where they began and no further, however old the cursor', async () => {
    const stranger = await open();
    const start = await stranger.until(({ t }) => t === 'subd');
    const before = await world.publish({ berth: '1' });
    const posted = await world.say(PilotPosted, north);
    const after = await world.publish({ berth: '1' });
    await stranger.hears(posted.id);
    for (const topic of ['dock:north', 'berth:1']) {
      const screen = await screenOf();
      // Something of each was before: whoever may see it now reads it anew.
      expect(await screen.ask({ t: 'sub', topic, since: String(start['to']) })).toMatchObject({ t: 'subd', recovered: false });
      await screen.until((frame) => frame.t === 'live' && frame.topic === topic);
      expect(heard(screen, topic)).not.toContain(before.id);
      expect(heard(screen, topic)).toEqual(topic === 'berth:1' ? [after.id] : [posted.id, after.id]);
    }
  });

  it('begin with the last time they were granted', async () => {
    const screen = await open();
    const start = await screen.until(({ t }) => t === 'subd');
    await world.say(PilotPosted, north);
    await world.publish();
    await world.say(PilotDismissed, north);
    await world.publish();
    const again = await world.say(PilotPosted, north);
    await screen.hears(again.id);
    await screen.ask({ t: 'sub', topic: 'dock:north', since: String(start['to']) });
    await screen.until((frame) => frame.t === 'live' && frame.topic === 'dock:north');
    expect(heard(screen)).toEqual([again.id]);
  });

  it('that the owner knows of before the gateway does begin with the event that is on its way', async () => {
    await open();
    // Somebody who was never posted before: of them the stream tells nothing yet.
    const newcomer = id(9);
    const screen = await screenOf(newcomer);
    const start = await screen.until(({ t }) => t === 'subd');
    const before = await world.publish();
    world.master = () => ({ since: new Date(Date.now() + 60_000).toISOString() });
    const answer = screen.ask({ t: 'sub', topic: 'dock:north', since: String(start['to']) });
    const still = await world.publish();
    const posted = await world.say(PilotPosted, { ...north, pilotId: newcomer });
    expect(await answer).toMatchObject({ t: 'subd', recovered: false });
    await screen.until((frame) => frame.t === 'live' && frame.topic === 'dock:north');
    expect(heard(screen)).toEqual([posted.id]);
    expect(heard(screen)).not.toEqual(expect.arrayContaining([before.id, still.id]));
  });

  it('hold what a gateway learnt of the past when it started', async () => {
    await world.say(PilotDismissed, north);
    const before = await world.publish();
    await world.say(PilotPosted, north);
    const after = await world.publish();
    const screen = await open();
    const { epoch } = new Cursors(SECRET).open(String((await screen.until(({ t }) => t === 'subd'))['to']))!;
    const since = new Cursors(SECRET).sign({ epoch, seq: before.seq - 1 });
    await screen.ask({ t: 'sub', topic: 'dock:north', since });
    await screen.until((frame) => frame.t === 'live' && frame.topic === 'dock:north');
    expect(heard(screen).at(-1)).toBe(after.id);
    expect(heard(screen)).not.toContain(before.id);
  });
});
