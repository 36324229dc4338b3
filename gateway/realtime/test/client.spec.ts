import { Cursors } from '@mela/bus';
import type { Options } from '@mela/client';
import { id, MayNotHear, Unavailable } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { clientsIn, sighted, View, viewOf, ways } from './client.fixture.ts';
import { openHarbour, pilot, PilotDismissed, PilotPosted, SECRET } from './harbour.fixture.ts';

describe('the reference client', () => {
  const world = openHarbour();
  const clients = clientsIn(world);
  const publish = (count: number, data = {}) => sighted(world, count, data);

  describe.each(ways)('by %s', (way) => {
    const only = { transports: [way] };

    it('reads the state once, and then hears what happens, in order', async () => {
      const { client, states } = clients.opened((await world.gateway()).url, only);
      const { view } = await viewOf(client);
      expect(states).toEqual([['connecting', undefined], ['connected', way]]);
      const told = await publish(50);
      await view.hears(told.at(-1)!);
      expect(view.ids).toEqual(told);
      expect(view.events[0]).toEqual({ topic: 'dock:north', id: told[0], type: 'ship.sighted', cursor: expect.any(String), data: { shipId: id(1), dock: 'north' } });
      expect(view.resyncs).toBe(1);
    });

    it('loses and doubles nothing when its connections are cut and lead to other gateways', async () => {
      const gateways = [await world.gateway(), await world.gateway()];
      const passage = await clients.passageTo(gateways[0]!);
      const { client } = clients.opened(passage.url, only);
      const [{ view: north }, { view: berth }, { view: own }] = [await viewOf(client), await viewOf(client, 'berth:1'), await viewOf(client, `person:${pilot}`)];
      const told: string[] = [];
      for (let cuts = 0; cuts < 8; cuts++) {
        told.push(...(await publish(15, { berth: '1', pilotId: pilot })));
        passage.leadTo(gateways[cuts % 2]!.http);
        passage.cut();
        told.push(...(await publish(15, { berth: '1', pilotId: pilot })));
        if (cuts % 2 === 0) await north.hears(told.at(-1)!);
      }
      for (const view of [north, berth, own]) {
        await view.hears(told.at(-1)!);
        expect(view.ids).toEqual(told);
        expect(view.resyncs).toBe(1);
      }
    });

    it('reads one topic anew, and no other, where its right ended and began again while it was away', async () => {
      const passage = await clients.passageTo(await world.gateway());
      const { client } = clients.opened(passage.url, only);
      const [{ view: north }, { view: south }] = [await viewOf(client), await viewOf(client, 'dock:south')];
      passage.admits = () => false;
      passage.cut();
      const there = { pilotId: pilot, dock: 'north' };
      await world.say(PilotDismissed, there);
      await publish(3);
      const posted = await world.say(PilotPosted, there);
      const [[inTheNorth], [inTheSouth]] = [await publish(1), await publish(1, { dock: 'south' })];
      passage.admits = () => true;
      await Promise.all([north.hears(inTheNorth!), south.hears(inTheSouth!)]);
      expect([north.ids, north.resyncs]).toEqual([[posted.id, inTheNorth], 2]);
      expect([south.ids, south.resyncs]).toEqual([[inTheSouth], 1]);
    });

    it('listens to topics that are added on the way, and no more to those that are given up', async () => {
      const { client } = clients.opened((await world.gateway()).url, only);
      const { view: north } = await viewOf(client);
      const { view: south, leave } = await viewOf(client, 'dock:south');
      const [inTheSouth] = await publish(1, { dock: 'south' });
      await south.hears(inTheSouth!);
      leave();
      await publish(1, { dock: 'south' });
      const [inTheNorth] = await publish(1);
      await north.hears(inTheNorth!);
      expect([north.ids, south.ids]).toEqual([[inTheNorth], [inTheSouth]]);
      expect(north.resyncs).toBe(1);
    });

    it('shows a fresh token in time, and goes on', async () => {
      const gateway = await world.gateway({ REALTIME_NOTICE_MS: '1500' });
      const wishes: boolean[] = [];
      const token = ({ fresh }: { fresh: boolean }) => {
        wishes.push(fresh);
        return world.token(pilot, { seconds: wishes.length === 1 ? 3 : 600 });
      };
      const { client } = clients.opened(gateway.url, { ...only, token });
      const { view } = await viewOf(client);
      await expect.poll(() => wishes, { timeout: 8_000 }).toEqual([false, true]);
      const told = await publish(5);
      await view.hears(told.at(-1)!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
    });

    it('comes back with a fresh token when the one it had is not taken', async () => {
      const wishes: boolean[] = [];
      const token = async ({ fresh }: { fresh: boolean }) => {
        wishes.push(fresh);
        return fresh ? world.token(pilot) : 'stale';
      };
      const { client } = clients.opened((await world.gateway()).url, { ...only, token });
      await viewOf(client);
      expect(wishes).toEqual([false, true]);
    });

    it('is told that a topic may not be heard, or not any more, and hears the others', async () => {
      const gateway = await world.gateway();
      const { client } = clients.opened(gateway.url, only);
      const { view: closed } = await viewOf(client, 'dock:closed');
      expect(closed.refusals).toEqual(['topic.forbidden']);
      const [{ view: north }, { view: south }] = [await viewOf(client), await viewOf(client, 'dock:south')];
      await publish(1);
      await expect.poll(() => north.ids.length, { timeout: 5_000 }).toBe(1);
      world.master = ({ topic }) => (topic === 'dock:north' ? MayNotHear() : undefined);
      await world.say(PilotDismissed, { pilotId: pilot, dock: 'north' });
      await expect.poll(() => north.refusals, { timeout: 5_000 }).toEqual(['topic.forbidden']);
      await publish(1);
      const [elsewhere] = await publish(1, { dock: 'south' });
      await south.hears(elsewhere!);
      expect([north.ids.length, south.resyncs]).toEqual([2, 1]);
    });

    it('asks again for a topic whose owner was away', async () => {
      const { client } = clients.opened((await world.gateway()).url, only);
      world.master = () => Unavailable();
      const view = new View();
      client.subscribe('dock:north', view);
      await expect.poll(() => world.asked.length, { timeout: 5_000 }).toBeGreaterThan(0);
      world.master = () => undefined;
      await expect.poll(() => view.resyncs, { timeout: 5_000 }).toBe(1);
      const told = await publish(1);
      await view.hears(told[0]!);
      expect(view.refusals).toEqual([]);
    });

    it('is said nothing again for the sake of a topic that could not be had for a while', async () => {
      const passage = await clients.passageTo(await world.gateway());
      const said: string[] = [];
      const overheard: Options['overheard'] = (frame, { connection }) => void (frame.t === 'ev' && said.push(`${frame.id} on ${frame.topic} of line ${connection}`));
      const { client } = clients.opened(passage.url, { ...only, overheard });
      const [{ view: north }, { view: south }] = [await viewOf(client), await viewOf(client, 'dock:south')];
      const asked = () => world.asked.filter(({ topic }) => topic === 'dock:north').length;
      const before = asked();
      world.master = ({ topic }) => (topic === 'dock:north' ? Unavailable() : undefined);
      passage.cut();
      await expect.poll(asked, { timeout: 5_000 }).toBeGreaterThan(before);
      const [meanwhile] = await publish(1, { dock: 'south' });
      await south.hears(meanwhile!);
      world.master = () => undefined;
      const refused = asked();
      await expect.poll(asked, { timeout: 5_000 }).toBeGreaterThan(refused);
      const told = [meanwhile];
      for (let events = 0; events < 5; events++) {
        told.push(...(await publish(1, { dock: 'south' })));
        await south.hears(told.at(-1)!);
      }
      expect(south.ids).toEqual(told);
      // What happened while the topic was not to be had may be said once more for its sake.
      const afterwards = said.filter((one) => !one.startsWith(meanwhile!));
      expect(afterwards).toEqual([...new Set(afterwards)]);
      const [last] = await publish(1);
      await north.hears(last!);
      expect([north.ids, north.resyncs]).toEqual([[last], 1]);
    });

    it('is told nothing from before it read the state of a topic, though the owner of another is away', async () => {
      const { client } = clients.opened((await world.gateway()).url, only);
      const { view: south } = await viewOf(client, 'dock:south');
      await publish(1);
      // Whoever was told this has been told all before it.
      const [elsewhere] = await publish(1, { dock: 'south' });
      await south.hears(elsewhere!);
      world.master = ({ topic }) => (topic === 'berth:1' ? Unavailable() : undefined);
      const berth = new View();
      client.subscribe('berth:1', berth);
      const { view: north } = await viewOf(client);
      const told = await publish(1, { berth: '1' });
      await north.hears(told[0]!);
      expect([north.ids, north.resyncs]).toEqual([told, 1]);
      expect([berth.ids, berth.resyncs]).toEqual([[], 0]);
      world.master = () => undefined;
      await expect.poll(() => berth.resyncs, { timeout: 5_000 }).toBe(1);
    });

    it('reads the state of a topic that was given up and is wanted again', async () => {
      const { client } = clients.opened((await world.gateway()).url, only);
      const { leave } = await viewOf(client);
      leave();
      const { view } = await viewOf(client);
      const told = await publish(3);
      await view.hears(told.at(-1)!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
    });

    it('comes back in its own moment when a gateway stops', async () => {
      const [first, second] = [await world.gateway(), await world.gateway()];
      const passage = await clients.passageTo(first);
      const { client, states } = clients.opened(passage.url, { ...only, random: () => 0.02 });
      const { view } = await viewOf(client);
      // Between two polls it would be nowhere, and go to the other gateway without having been told anything.
      await expect.poll(async () => (await first.metric('mela_realtime_connections'))['']).toBe(1);
      passage.leadTo(second.http);
      const stopped = first.process.stop();
      const began = performance.now();
      await expect.poll(() => states.at(-1), { timeout: 5_000 }).toEqual(['waiting', undefined]);
      const told = await publish(3);
      await view.hears(told.at(-1)!);
      expect(performance.now() - began).toBeGreaterThan(550);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
      await stopped;
    });

    it('notices that nobody is there any more', async () => {
      const gateway = await world.gateway({ REALTIME_PING_MS: '200' });
      const passage = await clients.passageTo(gateway);
      const { client, states } = clients.opened(passage.url, only);
      const { view } = await viewOf(client);
      passage.silence();
      // A poll may be silent for half a minute: it is the machine that says when it woke up.
      if (way === 'poll') client.check();
      else await expect.poll(() => states.map(([state]) => state), { timeout: 5_000 }).toContain('waiting');
      const told = await publish(1);
      await view.hears(told[0]!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
      // The gateway’s end of the dead connection goes as well: only there is somebody expected to answer.
      if (way === 'websocket') await expect.poll(() => gateway.metric('mela_realtime_closed_total'), { timeout: 15_000 }).toMatchObject({ '{code="4012"}': expect.any(Number) });
    });

    it('reads the state anew when too much was missed', async () => {
      const gateway = await world.gateway({ REALTIME_RECENT_EVENTS: '100' });
      const passage = await clients.passageTo(gateway);
      const { client } = clients.opened(passage.url, only);
      const { view } = await viewOf(client);
      const told = await publish(1);
      await view.hears(told[0]!);
      passage.admits = () => false;
      passage.cut();
      await publish(150);
      passage.admits = () => true;
      await expect.poll(() => view.resyncs, { timeout: 10_000 }).toBe(2);
      const [after] = await publish(1);
      await view.hears(after!);
      expect(view.ids).toEqual([told[0], after]);
    });
  });

  it('hears a topic that was given up and wanted again before its owner had answered', async () => {
    const { client } = clients.opened((await world.gateway()).url);
    await viewOf(client);
    let release!: () => void;
    const reached = new Promise<void>((resolve) => {
      world.master = () => {
        resolve();
        return new Promise((answer) => (release = () => answer(undefined)));
      };
    });
    const hasty = new View();
    const leave = client.subscribe('dock:south', hasty);
    await reached;
    world.master = () => undefined;
    leave();
    const { view } = await viewOf(client, 'dock:south');
    release();
    // Granted after it: by then what became of the first is said, too.
    await viewOf(client, 'dock:east');
    const told = await publish(1, { dock: 'south' });
    await view.hears(told[0]!);
    expect([view.resyncs, view.refusals, hasty.refusals]).toEqual([1, [], []]);
    const { view: another } = await viewOf(client, 'dock:south');
    expect(another.refusals).toEqual([]);
  });

  it('is not confused by a view that throws', async () => {
    const faults: unknown[] = [];
    const heard = (fault: unknown) => faults.push(fault);
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', heard);
    try {
      const { client } = clients.opened((await world.gateway()).url);
      const { view } = await viewOf(client);
      client.subscribe('dock:north', { resync: () => undefined, event: () => { throw new Error('the view broke'); } });
      const told = await publish(3);
      await view.hears(told.at(-1)!);
      expect(view.ids).toEqual(told);
      await expect.poll(() => faults.map(String), { timeout: 5_000 }).toEqual(Array(3).fill('Error: the view broke'));
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const other of others) process.on('uncaughtException', other);
    }
  });

  it('tells places in the order of the gateway’s cursors', async () => {
    const { client } = clients.opened((await world.gateway()).url);
    const { view } = await viewOf(client);
    const told = await publish(20);
    await view.hears(told.at(-1)!);
    const places = view.events.map(({ cursor }) => new Cursors(SECRET).open(cursor)!.seq);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });
});
