import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { clientsIn, sighted, View } from './client.fixture.ts';
import { openHarbour, type Gateway } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';

const CROWD = 2_000;
/** Of the half minute that a gateway names, a test has the first second and a half. */
const SHARE = 0.05;

describe('a gateway that stops', () => {
  const world = openHarbour();
  const clients = clientsIn(world);

  it('tells two thousand clients when to come back: each does at a moment of its own, at another gateway, and has lost nothing', async () => {
    // A busy machine takes longer to open so many than one connection may take to say who it is.
    const settings = { REALTIME_AUTH_MS: '120000', REALTIME_PING_MS: '120000', REALTIME_CONNECTIONS_PER_PERSON: '6000', REALTIME_CONNECTIONS_PER_SECOND: '6000', REALTIME_QUESTIONS_PER_SECOND: '6000' };
    const [stopping, staying] = [await world.gateway(settings), await world.gateway(settings)];
    let open: Gateway = stopping;
    const farewells: string[] = [];
    /** Led to whichever gateway is open, as a balancer would. */
    class Balanced extends WebSocket {
      constructor() {
        super(open.url, { perMessageDeflate: false });
        this.on('message', (data: Buffer) => {
          if (data.includes('"t":"bye"')) farewells.push(String(data));
        });
      }
    }
    const timing = { openWithinMs: 60_000, slackMs: 60_000 };
    const moments = Array.from({ length: CROWD }, (_, n) => (SHARE * n) / CROWD);
    /** By client: when it was told to leave, and after how long it came. */
    const left: number[] = [];
    const away: number[] = [];
    const views = moments.map((moment, n) => {
      const view = new View();
      const { client } = clients.opened(stopping.url, {
        WebSocket: Balanced as never, transports: ['websocket'], timing, random: () => moment, token: async () => world.pilotsToken,
        changed: (state) => {
          if (open === stopping) return;
          if (state === 'waiting') left[n] ??= performance.now();
          if (state === 'connecting' && left[n] !== undefined) away[n] ??= performance.now() - left[n];
        },
      });
      client.subscribe('dock:north', view);
      return view;
    });
    const patience = { timeout: 60_000, interval: 100 };
    await expect.poll(() => views.filter(({ resyncs }) => resyncs === 1).length, patience).toBe(CROWD);
    const told = await sighted(world, 5);

    open = staying;
    const stopped = stopping.process.stop();
    let isStopped = false;
    void stopped.then(() => (isStopped = true));
    while (!isStopped) {
      told.push(...(await sighted(world, 1)));
      await setImmediate();
    }
    told.push(...(await sighted(world, 20)));
    await expect.poll(() => views.filter(({ ids }) => ids.at(-1) === told.at(-1)).length, patience).toBe(CROWD);

    expect(farewells).toHaveLength(CROWD);
    expect(new Set(farewells)).toEqual(new Set(['{"t":"bye","code":4001,"after":[0,30000]}']));
    for (const [n, { ids, resyncs }] of views.entries()) {
      expect(resyncs).toBe(1);
      if (ids.length !== told.length || ids.some((id, place) => id !== told[place])) expect(ids, `client ${n}`).toEqual(told);
      // Timers may be early by a millisecond.
      expect(away[n]).toBeGreaterThan(30_000 * moments[n]! - 2);
    }
    expect(await staying.metric('mela_realtime_connections')).toEqual({ '': CROWD });
  }, 180_000);

  it.each(['events', 'poll'])('does not wait for whoever asked for %s before, and is known only when all were told to leave', async (way) => {
    const gateway = await world.gateway();
    const [sleeper, screen] = [await gateway.open(), await gateway.open()];
    // It does not answer the farewell: until it is given up, the gateway waits for it.
    sleeper.socket.pause();
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    world.beforeKeys = () => {
      asked.resolve();
      return answer.promise;
    };
    const late = Page.ask(`${gateway.http}/realtime/${way}?topics=dock:north`, { token: world.pilotsToken });
    await asked.promise;
    const stopped = gateway.process.stop();
    expect((await screen.closed).code).toBe(4001);
    answer.resolve();
    expect(await late).toMatchObject({ status: 503, body: { code: 'service.unavailable' } });
    await stopped;
  });
});
