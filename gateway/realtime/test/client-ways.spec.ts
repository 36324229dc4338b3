import type { Way } from '@mela/client';
import { describe, expect, it } from 'vitest';
import { clientsIn, sighted, viewOf, ways } from './client.fixture.ts';
import { openHarbour, pilot } from './harbour.fixture.ts';

describe('the reference client, and the ways to a gateway', () => {
  const world = openHarbour();
  const clients = clientsIn(world);
  const publish = (count: number, data = {}) => sighted(world, count, data);

  it('finds the way that is open, and takes a better one when there is one, losing and doubling nothing', async () => {
    const gateways = [await world.gateway(), await world.gateway()];
    const passage = await clients.passageTo(gateways[0]!);
    const { client, states } = clients.opened(passage.url);
    const [{ view: north }, { view: berth }] = [await viewOf(client), await viewOf(client, 'berth:1')];
    const told: string[] = [];
    let publishing = true;
    const published = (async () => {
      while (publishing) told.push(...(await publish(1, { berth: '1' })));
    })();
    const goes = (way: Way) => expect.poll(() => client.transport, { timeout: 10_000 }).toBe(way);
    const isWay: Record<Way, (line: string) => boolean> = {
      websocket: (line) => line.startsWith('GET /realtime HTTP'), sse: (line) => line.includes('/realtime/events'), poll: (line) => line.includes('/realtime/poll'),
    };
    const rounds: [Way, readonly Way[]][] = [['sse', ['sse', 'poll']], ['poll', ['poll']], ['sse', ['sse', 'poll']], ['websocket', ['websocket', 'sse', 'poll']], ['poll', ['poll']], ['websocket', ['websocket']]];
    try {
      await goes('websocket');
      for (const [n, [expected, admitted]] of rounds.entries()) {
        passage.leadTo(gateways[n % 2]!.http);
        passage.admits = (line) => admitted.some((way) => isWay[way](line));
        // Upwards it goes by itself, while everything works; downwards it has to.
        if (!admitted.includes(client.transport!)) passage.cut();
        await goes(expected);
      }
    } finally {
      publishing = false;
      await published;
    }
    for (const view of [north, berth]) {
      await view.hears(told.at(-1)!);
      expect(view.ids).toEqual(told);
      expect(view.resyncs).toBe(1);
    }
    expect(told.length).toBeGreaterThan(50);
    expect(states.some(([, way]) => way === 'poll')).toBe(true);
  }, 60_000);

  it.each([[['websocket', 'sse', 'poll']], [['sse', 'poll']], [['poll', 'websocket']]] as [Way[]][])('takes no other way where its person has as many connections as one may have (%j)', async (possible) => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '1' });
    const other = await gateway.screen(await world.token(pilot));
    const { client, states } = clients.opened(gateway.url, { transports: possible });
    for (let attempts = 1; attempts <= 3; attempts++) {
      await expect.poll(() => states.filter(([state]) => state === 'waiting').length, { timeout: 5_000 }).toBe(attempts);
      if (attempts < 3) client.check();
    }
    other.leave();
    await expect.poll(() => gateway.metric('mela_realtime_connections'), { timeout: 5_000 }).toEqual({ '': 0 });
    client.check();
    await viewOf(client);
    expect(client.transport).toBe(ways.find((way) => possible.includes(way)));
    expect(client.state).toBe('connected');
  });

  it('tries the next better way with a fresh token, where the one it had was refused on the first', async () => {
    const passage = await clients.passageTo(await world.gateway());
    passage.admits = (line) => line.includes('/realtime/poll');
    const good = () => world.token(pilot);
    let token = good;
    const { client, states } = clients.opened(passage.url, { token: () => token() });
    const { view } = await viewOf(client);
    // When it climbs next, every way is open, and what it shows first is no token any more.
    token = async () => {
      passage.admits = () => true;
      token = good;
      return 'stale';
    };
    await expect.poll(() => client.transport, { timeout: 10_000 }).toBe('websocket');
    expect([...new Set(states.flatMap(([, way]) => way ?? []))]).toEqual(['poll', 'sse', 'websocket']);
    const told = await publish(1);
    await view.hears(told[0]!);
    expect([view.ids, view.resyncs]).toEqual([told, 1]);
  });

  it('learns which ways are off, and stops where none is left', async () => {
    const poll = await world.gateway({ REALTIME_TRANSPORTS: 'poll' });
    const { client } = clients.opened(poll.url);
    await viewOf(client);
    expect(client.transport).toBe('poll');
    const { states } = clients.opened(poll.url, { transports: ['sse'] });
    await expect.poll(() => states.at(-1), { timeout: 5_000 }).toEqual(['stopped', undefined]);
  });
});
