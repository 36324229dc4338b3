import { describe, expect, it } from 'vitest';
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
});
