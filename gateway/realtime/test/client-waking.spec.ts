import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { clientsIn, sighted, viewOf, ways } from './client.fixture.ts';
import { openHarbour, pilot } from './harbour.fixture.ts';

describe('the reference client, when it was away for a while', () => {
  const world = openHarbour();
  const clients = clientsIn(world);
  const publish = (count: number, data = {}) => sighted(world, count, data);

  it('goes on from where it is after sleep, without waiting', async () => {
    const passage = await clients.passageTo(await world.gateway());
    const { client, states } = clients.opened(passage.url, { random: () => 0.99, transports: ['websocket'] });
    const { view } = await viewOf(client);
    passage.admits = () => false;
    passage.cut();
    await expect.poll(() => states.filter(([state]) => state === 'connecting').length, { timeout: 10_000 }).toBeGreaterThan(3);
    await expect.poll(() => client.state, { interval: 5, timeout: 5_000 }).toBe('waiting');
    const told = await publish(2);
    passage.admits = () => true;
    const began = performance.now();
    client.check();
    await view.hears(told.at(-1)!);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect([view.ids, view.resyncs]).toEqual([told, 1]);
  });

  it.each(ways)('wakes with a token that ended while it slept, is turned away, and goes on with a fresh one (%s)', async (way) => {
    const passage = await clients.passageTo(await world.gateway({ REALTIME_PING_MS: '300' }));
    let held = await world.token(pilot);
    const shown: string[] = [];
    const token = async ({ fresh }: { fresh: boolean }) => {
      if (fresh) held = await world.token(pilot);
      shown.push(held);
      return held;
    };
    const { client } = clients.opened(passage.url, { transports: [way], token });
    const { view } = await viewOf(client);
    const told = await publish(3);
    await view.hears(told.at(-1)!);
    passage.silence();
    told.push(...(await publish(20)));
    const ended = (held = await world.token(pilot, { seconds: -1 }));
    client.check();
    await view.hears(told.at(-1)!);
    told.push(...(await publish(3)));
    await view.hears(told.at(-1)!);
    expect([view.ids, view.resyncs]).toEqual([told, 1]);
    expect(shown).toContain(ended);
    expect(shown.at(-1)).not.toBe(ended);
  });

  describe('by a stream of events, of which the next sign of life is far off', () => {
    const listening = async () => {
      const gateway = await world.gateway({ REALTIME_PING_MS: '120000' });
      const passage = await clients.passageTo(gateway);
      const { client, states } = clients.opened(passage.url, { transports: ['sse'] });
      const { view } = await viewOf(client);
      return { gateway, passage, client, states, view };
    };

    it('notices at once that it is dead', async () => {
      const { passage, client, states, view } = await listening();
      const told = await publish(3);
      await view.hears(told.at(-1)!);
      passage.silence();
      told.push(...(await publish(3)));
      client.check();
      await view.hears(told.at(-1)!);
      told.push(...(await publish(3)));
      await view.hears(told.at(-1)!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
      expect(states.map(([state]) => state)).not.toContain('waiting');
    });

    it('notices it also when the network is back only later', async () => {
      const { passage, client, view } = await listening();
      let turnedAway = 0;
      passage.admits = () => ++turnedAway < 0;
      passage.silence();
      const told = await publish(3);
      client.check();
      await expect.poll(() => turnedAway, { timeout: 10_000 }).toBeGreaterThan(2);
      passage.admits = () => true;
      await view.hears(told.at(-1)!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
    });

    it('loses and doubles nothing where it is not dead, and keeps one stream', async () => {
      const { gateway, client, view } = await listening();
      const told: string[] = [];
      for (let checks = 0; checks < 20; checks++) {
        client.check();
        told.push(...(await publish(checks)));
        if (checks % 2 === 0 && told.length > 0) await view.hears(told.at(-1)!);
      }
      await view.hears(told.at(-1)!);
      expect([view.ids, view.resyncs]).toEqual([told, 1]);
      await expect.poll(() => gateway.metric('mela_realtime_connections'), { timeout: 5_000 }).toEqual({ '': 1 });
    });
  });

  it('goes on with a fresh token from where it got to, when the one it had ends while the past is told', async () => {
    const { url } = await world.gateway({ REALTIME_NOTICE_MS: '50' });
    let isTired = false;
    let greeting: { t: string; exp: number } | undefined;
    let wakes: () => void = () => undefined;
    /** A machine that, once it is tired, falls asleep as soon as it was greeted. */
    class Drowsy extends WebSocket {
      constructor(address: string) {
        super(address);
        this.once('message', (data) => {
          if (!isTired || greeting) return;
          greeting = JSON.parse(String(data).split('\n')[0]!) as typeof greeting;
          this.pause();
          wakes = () => this.resume();
        });
      }
    }
    // Signed when it is shown: a short life begins there, however long it took to get so far.
    let signed = () => world.token(pilot);
    const heardBefore: number[] = [];
    const token = async ({ fresh }: { fresh: boolean }) => {
      if (fresh) {
        heardBefore.push(view.ids.length);
        signed = () => world.token(pilot);
      }
      return signed();
    };
    const { client } = clients.opened(url, { transports: ['websocket'], WebSocket: Drowsy as never, token });
    const { view } = await viewOf(client);
    const told = await publish(1);
    await view.hears(told[0]!);
    client.close();
    isTired = true;
    // More than the systems on both sides keep for a sleeper.
    told.push(...(await publish(40, { note: 'x'.repeat(400_000) })));
    signed = () => world.token(pilot, { seconds: 4 });
    client.connect();
    await expect.poll(() => greeting, { timeout: 15_000 }).toMatchObject({ t: 'connected' });
    await expect.poll(() => Date.now() / 1_000, { timeout: 10_000 }).toBeGreaterThan(greeting!.exp);
    wakes();
    await view.hears(told.at(-1)!);
    expect([view.ids, view.resyncs]).toEqual([told, 1]);
    // Told that its token had ended, or turned away with it: it asked for a fresh one before it had heard everything.
    expect(heardBefore[0]).toBeLessThan(told.length);
  }, 60_000);
});
