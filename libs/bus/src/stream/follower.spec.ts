import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { v7 as uuid } from 'uuid';
import { eventually, PlantGrew, PlantWithered, World, type Garden } from '../../test/world.ts';
import { Follower } from './follower.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function following(sinceMs: number) {
  const heard: string[] = [];
  const follower = new Follower({ nc: await world.connection('reader'), name: 'reader', event: PlantGrew, sinceMs, heard: ({ id }) => heard.push(id), log: quiet });
  await follower.start();
  return { heard, stop: () => follower.stop() };
}

async function planted(count: number): Promise<{ garden: Garden; ids: string[] }> {
  const garden = await world.garden();
  await garden.relay();
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await garden.emit(uuid(), 1));
  const withered = uuid();
  await garden.emit(withered, 1, PlantWithered, { plantId: withered });
  await eventually(() => garden.count('outbox'), (rows) => rows === 0);
  return { garden, ids };
}

describe('a follower', () => {
  it('has heard all that was stored lately when it has started, of its type alone, and then hears what happens', async () => {
    const { garden, ids } = await planted(20);
    const { heard, stop } = await following(60_000);
    // Of several aggregates: their order is nobody's.
    expect(heard.toSorted()).toEqual(ids.toSorted());
    const next = await garden.emit(uuid(), 1);
    await eventually(() => heard, () => heard.at(-1) === next);
    await stop();
  });

  it('hears nothing of before it begins', async () => {
    const { garden, ids } = await planted(3);
    const { heard, stop } = await following(0);
    const next = await garden.emit(uuid(), 1);
    await eventually(() => heard, () => heard.includes(next));
    expect(heard.filter((id) => ids.includes(id))).toEqual([]);
    await stop();
  });

  it('goes on after NATS was killed, and misses nothing', async () => {
    const { garden, ids } = await planted(2);
    const { heard, stop } = await following(60_000);
    await world.nats.crash();
    const meanwhile = await garden.emit(uuid(), 1);
    await world.nats.restart();
    await eventually(() => heard, () => heard.includes(meanwhile), 30_000);
    expect([...new Set(heard)].toSorted()).toEqual([...ids, meanwhile].toSorted());
    await stop();
  }, 60_000);
});
