import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually, PlantGrew, recorded, World, type Garden } from '../../test/world.ts';
import { seal, type Sealed } from '../outbox/envelope.ts';
import { Poison } from '../outbox/poison.ts';
import type { Sql } from '../sql.ts';
import type { ConsumerHost } from './consumer-host.ts';

let world: World;
let garden: Garden;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  return world.rest();
});
afterAll(() => world.close());

const settings = { ackWaitMs: 1_000, backoffMs: [50] };

const grown = (): Sealed => {
  const plant = uuid();
  return seal(PlantGrew, { id: plant, version: 1 }, { plantId: plant, height: 1 }, { source: '/mela/test' });
};

function headersOf(event: Sealed): MsgHdrs {
  const all = headers();
  for (const [name, value] of Object.entries(event.headers)) all.set(name, value);
  return all;
}

const stored = async (event: Sealed) => world.nc.request(event.subject, event.payload, { headers: headersOf(event), timeout: 2_000 });

/** Events without an end, a few milliseconds apart. */
async function whileEventsTrickle(work: () => Promise<void>): Promise<void> {
  const trickle = setInterval(() => {
    const event = grown();
    world.nc.publish(event.subject, event.payload, { headers: headersOf(event) });
  }, 2);
  try {
    await work();
  } finally {
    clearInterval(trickle);
  }
}

const ageOf = (host: ConsumerHost<Sql>): number => host.health()[0]!.knowledgeAgeMs;
/** In this process's own time. */
const knowsUntil = (host: ConsumerHost<Sql>): number => performance.now() - ageOf(host);

describe('what a consumer knows', () => {
  it('is of now while events come without an end and are applied', async () => {
    garden = await world.garden();
    await garden.effects();
    const counts = recorded('garden.counts');
    const begun = new WeakSet<Sql>();
    // Each batch takes so long that the next one is there when it is done: there is no moment without anything pending.
    const handle: typeof counts.handle = async (event, tx) => {
      if (!begun.has(tx)) await tx.query('SELECT pg_sleep(0.04)');
      begun.add(tx);
      return counts.handle(event, tx);
    };
    const host = await garden.host([{ ...counts, handle }], settings);
    await whileEventsTrickle(async () => {
      await eventually(() => garden.count('effect'), (applied) => applied > 50);
      const from = knowsUntil(host);
      let oldest = 0;
      await eventually(
        () => (oldest = Math.max(oldest, ageOf(host))),
        () => knowsUntil(host) - from > 4_000,
        8_000,
      );
      expect(oldest).toBeLessThan(4_000);
    });
  });

  it('grows old in every process while one event is held in one of them, and is of now again afterwards, however clocks are set', async () => {
    const now = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    garden = await world.garden();
    await garden.effects();
    let held: string | undefined;
    const counts = recorded('garden.stops', { poison: 'stop' });
    const consumer: typeof counts = {
      ...counts,
      handle: (event, tx) => {
        if (event.id === held) throw new Poison('no leaf');
        return counts.handle(event, tx);
      },
    };
    const hosts = [await garden.host([consumer], settings), await garden.host([consumer], settings, await world.connection('second'))];
    await whileEventsTrickle(async () => {
      await eventually(() => hosts.map(ageOf), (ages) => ages.every((age) => age < 3_000));
      clock.mockRestore();
      const event = grown();
      held = event.eventId;
      await stored(event);
      const since = performance.now();
      await eventually(() => hosts.flatMap((host) => host.health().map(({ state }) => state)), (states) => states.includes('stopped'));
      await eventually(() => hosts.map(ageOf), (ages) => ages.every((age) => age > 3_000));
      for (const host of hosts) expect(knowsUntil(host)).toBeLessThanOrEqual(since);
      held = undefined;
      await eventually(() => hosts.map(ageOf), (ages) => ages.every((age) => age < 2_000));
    });
  });

  it('is not said to be running while NATS is away', async () => {
    garden = await world.garden();
    await garden.effects();
    const host = await garden.host([recorded('garden.counts')], settings);
    const relay = await garden.relay();
    expect(host.health()).toMatchObject([{ state: 'running' }]);
    expect(relay.health().connected).toBe(true);
    await world.nats.crash();
    await eventually(() => host.health()[0]!, ({ state, reason }) => state === 'stopped' && reason === 'NATS is not connected');
    await eventually(() => relay.health().connected, (connected) => !connected);
    await world.nats.restart();
    await eventually(() => host.health()[0]!, ({ state }) => state === 'running');
    await eventually(() => relay.health().connected, (connected) => connected);
  });
});

describe('to stop', () => {
  const withinMs = 8_000;

  it('does not wait for a NATS that is away', async () => {
    garden = await world.garden();
    await garden.effects();
    const host = await garden.host([recorded('garden.counts')], settings);
    const relay = await garden.relay();
    await eventually(() => relay.health().shards, (shards) => shards === 16);
    await world.nats.crash();
    try {
      for (let i = 0; i < 5; i++) await garden.emit(uuid(), 1);
      const began = performance.now();
      await Promise.all([relay.stop(), host.stop()]);
      expect(performance.now() - began).toBeLessThan(withinMs);
      expect(await garden.count('outbox')).toBe(5);
    } finally {
      await world.nats.restart();
      await eventually(() => world.nc.rtt().then(() => true, () => false), (answers) => answers);
    }
  });

  it('does not fail on a connection that is closed', async () => {
    garden = await world.garden();
    await garden.effects();
    const nc = await world.connection('brief');
    const host = await garden.host([recorded('garden.counts')], settings, nc);
    const relay = await garden.relay(nc);
    await nc.close();
    expect(host.health()).toMatchObject([{ state: 'stopped' }]);
    expect(relay.health().connected).toBe(false);
    const began = performance.now();
    await Promise.all([relay.stop(), host.stop()]);
    expect(performance.now() - began).toBeLessThan(withinMs);
  });
});
