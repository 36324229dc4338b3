import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';

describe('topics and who may hear them', () => {
  const world = openHarbour();

  const connected = async (settings?: Record<string, string>) => (await world.gateway(settings)).screen(await world.token(id(7)));

  /** The owner takes its time; answers what lets it go on. */
  const slowHarbour = () => {
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const reached = new Promise<void>((resolve) => {
      world.master = async () => {
        resolve();
        await held;
        return undefined;
      };
    });
    return { reached, release };
  };

  it('asks the topic’s owner in the name of the person', async () => {
    const screen = await connected();
    await screen.listen('dock:north');
    expect(world.asked).toEqual([{ topic: 'dock:north', personId: id(7) }]);
  });

  it('passes on the owner’s refusal', async () => {
    const screen = await connected();
    expect(await screen.ask({ t: 'sub', topic: 'dock:closed' })).toEqual({
      i: 2, t: 'err', topic: 'dock:closed', code: 'topic.forbidden', message: 'You may not hear this topic', retry: false,
    });
    const sighted = await world.publish({ dock: 'closed', pilotId: id(7) });
    await screen.hears(sighted.id);
    expect(screen.events('dock:closed')).toEqual([]);
  });

  it.each(['ship:1', 'dock', 'dock:', 'dock:a b', 'DOCK:1', `dock:${'x'.repeat(65)}`])('knows no topic %s', async (topic) => {
    expect(await (await connected()).ask({ t: 'sub', topic })).toMatchObject({ t: 'err', code: 'topic.unknown', retry: false });
    expect(world.asked).toEqual([]);
  });

  it('says that it is worth another try when the owner is away', async () => {
    const screen = await connected();
    world.master = () => {
      throw new Error('the harbour master fell into the water');
    };
    expect(await screen.ask({ t: 'sub', topic: 'dock:north' })).toMatchObject({ t: 'err', code: 'service.failed', retry: true });
    world.master = () => undefined;
    await screen.listen('dock:north');
  });

  it('loses nothing that happens between the registration and the grant, and tells nothing before it', async () => {
    const screen = await connected();
    const { reached, release } = slowHarbour();
    screen.say({ i: 9, t: 'sub', topic: 'dock:north' });
    await reached;
    const between = [await world.publish({ note: 'one' }), await world.publish({ note: 'two', pilotId: id(7) })];
    await screen.until((frame) => frame.topic === `person:${id(7)}` && frame['id'] === between[1]!.id);
    expect(screen.frames.some(({ topic }) => topic === 'dock:north')).toBe(false);
    release();
    await screen.until(({ t, topic }) => t === 'live' && topic === 'dock:north');
    const after = await world.publish();
    await screen.hears(after.id);
    const told = screen.frames.filter(({ topic }) => topic === 'dock:north');
    expect(told.map(({ t, id: event }) => [t, event])).toEqual([
      ['subd', undefined], ['ev', between[0]!.id], ['ev', between[1]!.id], ['live', undefined], ['ev', after.id],
    ]);
  });

  it('drops what happened meanwhile when the owner refuses after all', async () => {
    const screen = await connected();
    let refuse!: () => void;
    const reached = new Promise<void>((resolve) => {
      world.master = ({ topic }) => {
        resolve();
        return new Promise((answer) => {
          refuse = () => answer({ refused: true, code: 'topic.forbidden', status: 403, title: `${topic} is not for you` });
        });
      };
    });
    screen.say({ i: 9, t: 'sub', topic: 'dock:north' });
    await reached;
    await screen.hears((await world.publish({ pilotId: id(7) })).id);
    refuse();
    expect(await screen.until(({ i }) => i === 9)).toMatchObject({ t: 'err', code: 'topic.forbidden' });
    await screen.hears((await world.publish({ pilotId: id(7) })).id);
    expect(screen.events('dock:north')).toEqual([]);
  });

  it('asks once when a topic is asked for twice, and answers both', async () => {
    const screen = await connected();
    const { reached, release } = slowHarbour();
    screen.say({ i: 8, t: 'sub', topic: 'dock:north' });
    await reached;
    screen.say({ i: 9, t: 'sub', topic: 'dock:north' });
    release();
    expect(await screen.until(({ i }) => i === 8)).toMatchObject({ t: 'subd' });
    expect(await screen.until(({ i }) => i === 9)).toMatchObject({ t: 'subd' });
    expect(await screen.ask({ t: 'sub', topic: 'dock:north' })).toMatchObject({ t: 'subd' });
    expect(world.asked).toHaveLength(1);
    const sighted = await world.publish();
    await screen.hears(sighted.id);
    expect(screen.events('dock:north')).toHaveLength(1);
  });

  it('is silent on a topic that was given up', async () => {
    const screen = await connected();
    await screen.listen('dock:north');
    expect(await screen.ask({ t: 'unsub', topic: 'dock:north' })).toMatchObject({ t: 'unsub', topic: 'dock:north' });
    await screen.hears((await world.publish({ pilotId: id(7) })).id);
    expect(screen.events('dock:north')).toEqual([]);
  });

  it('answers a subscription that was given up before it was granted', async () => {
    const screen = await connected();
    const { reached, release } = slowHarbour();
    screen.say({ i: 8, t: 'sub', topic: 'dock:north' });
    await reached;
    expect(await screen.ask({ t: 'unsub', topic: 'dock:north' })).toMatchObject({ t: 'unsub' });
    release();
    expect(await screen.until(({ i }) => i === 8)).toMatchObject({ t: 'err', code: 'topic.unsubscribed' });
    await screen.listen('dock:north');
  });

  it('says nothing of one that was given up and has no number, for the topic may be heard again', async () => {
    const screen = await connected();
    const { reached, release } = slowHarbour();
    screen.say({ t: 'sub', topic: 'dock:north' });
    await reached;
    world.master = () => undefined;
    screen.say({ t: 'unsub', topic: 'dock:north' });
    await screen.listen('dock:north');
    release();
    await screen.listen('dock:south');
    await screen.hears((await world.publish()).id);
    expect(screen.frames.filter(({ t }) => t === 'err')).toEqual([]);
  });

  it('grants so many topics to one connection and no more', async () => {
    const screen = await connected({ REALTIME_MAX_TOPICS: '3' });
    await screen.listen('dock:a');
    await screen.listen('dock:b');
    expect(await screen.ask({ t: 'sub', topic: 'dock:c' })).toMatchObject({ t: 'err', code: 'topic.too_many' });
    await screen.ask({ t: 'unsub', topic: 'dock:a' });
    await screen.listen('dock:c');
  });

  it('forgets whom nobody listens for', async () => {
    const gateway = await world.gateway();
    const screens = await Promise.all([7, 8].map(async (n) => gateway.screen(await world.token(id(n)))));
    await screens[0]!.listen('dock:north');
    expect(await gateway.metric('mela_realtime_subscriptions')).toEqual({ '': 3 });
    screens[0]!.socket.close(1000);
    await screens[0]!.closed;
    await expect.poll(() => gateway.metric('mela_realtime_subscriptions')).toEqual({ '': 1 });
    expect(await gateway.metric('mela_realtime_connections')).toEqual({ '': 1 });
    expect(await gateway.metric('mela_realtime_closed_total')).toEqual({ '{code="1000"}': 1 });
  });
});
