import { jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planted } from '../../test/planted.ts';
import { eventually, recorded, World } from '../../test/world.ts';
import { currentContext } from '../context.ts';
import { STREAM } from '../subjects.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

describe('a consumer', () => {
  it('applies each event once, however often it comes', async () => {
    const { garden, publish, effects } = await planted(world);
    await garden.host([recorded('garden.counts')]);
    const ids: string[] = [];
    for (let i = 0; i < 50; i++) ids.push(await publish());
    // The same events again, outside what the stream recognises.
    for (const id of ids) await publish({ id });
    await eventually(async () => (await effects()).length, (applied) => applied >= 50);
    const jsm = await jetstreamManager(world.nc);
    await eventually(() => jsm.consumers.info(STREAM, 'garden_counts'), (info) => info.num_pending === 0 && info.num_ack_pending === 0);
    expect((await effects()).map(({ event_id }) => event_id).sort()).toEqual(ids.sort());
  });

  it('is given everything again when its durable is deleted, and applies nothing twice', async () => {
    const { garden, publish, effects } = await planted(world);
    const host = await garden.host([recorded('garden.counts')]);
    for (let i = 0; i < 20; i++) await publish();
    await eventually(async () => (await effects()).length, (applied) => applied === 20);
    const jsm = await jetstreamManager(world.nc);
    await jsm.consumers.delete(STREAM, 'garden_counts');
    await publish();
    await eventually(async () => (await effects()).length, (applied) => applied === 21);
    await eventually(() => jsm.consumers.info(STREAM, 'garden_counts'), (info) => info.delivered.stream_seq === 21 && info.num_ack_pending === 0);
    expect((await effects()).length).toBe(21);
    expect(host.health()[0]!.state).toBe('running');
  });

  it('keeps the order within an aggregate', async () => {
    const { garden, publish, effects } = await planted(world);
    await garden.host([recorded('garden.counts')]);
    const plants = [uuid(), uuid(), uuid()];
    for (let version = 1; version <= 60; version++) for (const plant of plants) void publish({ plant, version });
    const applied = await eventually(effects, (rows) => rows.length === 180);
    for (const plant of plants)
      expect(applied.filter(({ aggregate }) => aggregate === plant).map(({ version }) => version)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  it('runs its handler in the trace of the event and in the name of its actor', async () => {
    const { garden, publish } = await planted(world);
    const seen: unknown[] = [];
    await garden.host([recorded('garden.watches', { handle: () => void seen.push(currentContext()) })]);
    await publish();
    await eventually(() => seen, ([context]) => context !== undefined);
    expect(seen[0]).toMatchObject({ actor: 'asha', traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/) });
  });

  it('hears within milliseconds of the commit', async () => {
    const { garden } = await planted(world);
    let heard: (() => void) | undefined;
    await garden.host([recorded('garden.listens', { handle: () => heard?.() })]);
    await garden.relay();
    const took: number[] = [];
    for (let i = 1; i <= 40; i++) {
      const arrival = new Promise<void>((resolve) => (heard = resolve));
      const plant = uuid();
      const before = performance.now();
      await garden.emit(plant, 1);
      await arrival;
      took.push(performance.now() - before);
    }
    took.sort((a, b) => a - b);
    console.log(`write, commit, relay, consume: median ${took[20]!.toFixed(1)} ms, slowest ${took.at(-1)!.toFixed(1)} ms`);
    expect(took[20]).toBeLessThan(250);
  });
});
