import { id } from '@mela/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { World } from './harbour.fixture.ts';
import { Refused } from './screen.fixture.ts';

const CROWD = 60;
const EVENTS = 200;

describe('many screens at once', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterEach(() => world.rest());
  afterAll(() => world.close());

  it('each hear everything that concerns them, once and in order', async () => {
    const gateway = await world.gateway();
    const screens = await Promise.all(Array.from({ length: CROWD }, async (_, n) => gateway.screen(await world.token(id(100 + n)))));
    // Everybody listens to the north, every third to the south as well.
    await Promise.all(screens.map((screen) => screen.listen('dock:north')));
    await Promise.all(screens.filter((_, n) => n % 3 === 0).map((screen) => screen.listen('dock:south')));

    const stored = await Promise.all(
      Array.from({ length: EVENTS }, async (_, n) => {
        const dock = n % 4 === 3 ? 'south' : 'north';
        return { dock, ...(await world.publish({ dock, pilotId: id(100 + (n % CROWD)) })) };
      }),
    );
    const inOrder = stored.toSorted((a, b) => a.seq - b.seq);
    const heardBy = (topic: string) => inOrder.filter(({ dock }) => `dock:${dock}` === topic).map((event) => event.id);
    await Promise.all(
      screens.flatMap((screen, n) => [screen.hears(heardBy('dock:north').at(-1)!), ...(n % 3 === 0 ? [screen.hears(heardBy('dock:south').at(-1)!)] : [])]),
    );
    for (const [n, screen] of screens.entries()) {
      expect(screen.events('dock:north').map((frame) => frame['id'])).toEqual(heardBy('dock:north'));
      expect(screen.events('dock:south').map((frame) => frame['id'])).toEqual(n % 3 === 0 ? heardBy('dock:south') : []);
    }
    const piloted = await Promise.all(stored.map((event, n) => screens[n % CROWD]!.until((frame) => frame.topic === `person:${id(100 + (n % CROWD))}` && frame['id'] === event.id)));
    expect(piloted).toHaveLength(EVENTS);
  });

  it('do not wait for one that does not read: it loses its connection', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const [reader, sleeper] = await Promise.all([7, 8].map(async (n) => gateway.screen(await world.token(id(n)))));
    await reader!.listen('dock:north');
    await sleeper!.listen('dock:north');
    sleeper!.socket.pause();
    const told = [];
    // What the kernel keeps for a sleeper is a few megabytes: these are sixteen.
    for (let n = 0; n < 40; n++) {
      told.push((await world.publish({ note: 'x'.repeat(400_000) })).id);
      await reader!.hears(told.at(-1)!);
    }
    expect(reader!.events('dock:north').map((frame) => frame['id'])).toEqual(told);
    sleeper!.socket.resume();
    expect((await sleeper!.closed).code).toBe(4008);
    const heard = sleeper!.events('dock:north').map((frame) => frame['id']);
    expect(heard.length).toBeLessThan(told.length);
    expect(heard).toEqual(told.slice(0, heard.length));
    expect(await gateway.metric('mela_realtime_closed_total')).toEqual({ '{code="4008"}': 1 });
  });

  it('are told good-bye when the gateway stops, and nobody new is let in', async () => {
    const gateway = await world.gateway();
    const screens = await Promise.all(Array.from({ length: CROWD }, async (_, n) => gateway.screen(await world.token(id(100 + n)))));
    const sleeper = screens[0]!;
    sleeper.socket.pause();
    const stopped = gateway.process.stop();
    await expect.poll(() => gateway.open().catch((error: unknown) => error)).toEqual(new Refused(503));
    expect((await fetch(`${gateway.http}/health/ready`)).status).toBe(503);
    for (const screen of screens.slice(1)) {
      expect(await screen.until(({ t }) => t === 'bye')).toEqual({ t: 'bye', code: 4001, after: [0, 30_000] });
      expect((await screen.closed).code).toBe(4001);
    }
    sleeper.leave();
    await stopped;
    await expect(fetch(gateway.http)).rejects.toThrow();
  });
});
