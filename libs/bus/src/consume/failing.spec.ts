import { jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fast, planted } from '../../test/planted.ts';
import { eventually, recorded, World } from '../../test/world.ts';
import { Poison } from '../outbox/poison.ts';
import { STREAM } from '../subjects.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

describe('what cannot be applied', () => {
  it('is put aside when it is malformed, and the rest goes on', async () => {
    const { garden, publish, effects, letters } = await planted(world);
    await garden.host([recorded('garden.counts')], fast);
    const good = await publish();
    await publish({ payload: '{"plantId":', id: '01900000-0000-7000-8000-00000000aaaa' });
    await publish({ payload: '{"plantId":"nobody","height":1}', id: '01900000-0000-7000-8000-00000000bbbb' });
    await publish({ drop: 'ce-id' });
    await publish({ drop: 'ce-aggregateversion', id: '01900000-0000-7000-8000-00000000cccc' });
    await publish({ drop: 'ce-type', id: '01900000-0000-7000-8000-00000000dddd' });
    const last = await publish();
    await eventually(letters, (dead) => dead.length === 5);
    await eventually(async () => (await effects()).map(({ event_id }) => event_id).sort(), (applied) => `${applied}` === `${[good, last].sort()}`);
    expect((await letters()).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(Array(5).fill('dead 1'));
  });

  it('is put aside at once when the handler says that it never will be', async () => {
    const { garden, publish, letters } = await planted(world);
    await garden.host([recorded('garden.refuses', { handle: () => { throw new Poison('there is no such plant'); } })], fast);
    const id = await publish();
    const [letter] = await eventually(letters, (dead) => dead.length === 1);
    expect(letter).toMatchObject({ eventId: id, consumer: 'garden.refuses', type: 'plant.grew', attempts: 1, state: 'dead', error: expect.stringContaining('no such plant') });
  });

  it('is tried again when the fault may pass, alone, and without the effects of the failed attempt', async () => {
    const { garden, publish, effects, letters } = await planted(world);
    const recordedOne = recorded('garden.stumbles');
    const attempts = new Map<string, number>();
    await garden.host([{ ...recordedOne, handle: async (event, tx) => {
      await recordedOne.handle(event, tx);
      const attempt = (attempts.get(event.id) ?? 0) + 1;
      attempts.set(event.id, attempt);
      if (event.aggregateVersion === 13 && attempt < 4) throw new Error('the well is dry');
    } }], fast);
    for (let version = 1; version <= 20; version++) void publish({ version });
    const applied = await eventually(effects, (rows) => rows.length === 20);
    expect(new Set(applied.map(({ event_id }) => event_id)).size).toBe(20);
    expect(await letters()).toEqual([]);
  });

  it('is put aside after the last delivery', async () => {
    const { garden, publish, letters } = await planted(world);
    await garden.host([recorded('garden.fails', { handle: () => { throw new Error('still no water'); } })], fast);
    const id = await publish();
    const [letter] = await eventually(letters, (dead) => dead.length === 1);
    expect(letter).toMatchObject({ eventId: id, attempts: 4, error: expect.stringContaining('still no water') });
    const jsm = await jetstreamManager(world.nc);
    await eventually(() => jsm.consumers.info(STREAM, 'garden_fails'), (info) => info.num_ack_pending === 0);
    expect(await garden.metrics.metrics()).toMatch(/mela_consumer_failed_total\{service="garden\w+",consumer="garden.fails"\} 4/);
  });

  it('stops a consumer that must not leave a gap, until it can be applied', async () => {
    const { garden, publish, effects, letters } = await planted(world);
    let dry = true;
    const counts = recorded('garden.stops', { poison: 'stop' });
    const host = await garden.host([{ ...counts, handle: (event, tx) => {
      if (dry && event.aggregateVersion === 3) throw new Poison('no third leaf');
      return counts.handle(event, tx);
    } }], fast);
    const plant = uuid();
    for (let version = 1; version <= 6; version++) await publish({ plant, version });
    await eventually(() => host.health()[0]!, ({ state, reason }) => state === 'stopped' && /no third leaf/.test(reason ?? ''));
    // Longer than the server would wait for an answer.
    const behind = await eventually(() => performance.now(), ((began) => (now: number) => now - began > 2_500)(performance.now()));
    expect(behind).toBeGreaterThan(0);
    expect((await effects()).every(({ version }) => version < 3)).toBe(true);
    dry = false;
    const applied = await eventually(effects, (rows) => rows.length === 6);
    expect(applied.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await letters()).toEqual([]);
    await eventually(() => host.health()[0]!, ({ state, knowledgeAgeMs }) => state === 'running' && knowledgeAgeMs < 5_000);
  });

  it('waits for a database that is away, and no attempt is counted for it', async () => {
    const { garden, publish, effects, letters } = await planted(world);
    const host = await garden.host([recorded('garden.waits')], { ...fast, maxDeliver: 2 });
    await publish();
    await eventually(effects, (rows) => rows.length === 1);
    await world.postgres.crash();
    for (let i = 0; i < 5; i++) await publish();
    await eventually(() => host.health()[0]!, ({ state, reason }) => state === 'stopped' && /database/.test(reason ?? ''));
    await eventually(() => performance.now(), ((began) => (now: number) => now - began > 3_000)(performance.now()));
    await world.postgres.restart();
    await eventually(() => effects().catch(() => []), (rows) => rows.length === 6);
    expect(await letters()).toEqual([]);
    expect(host.health()[0]!.state).toBe('running');
  });

  it('goes on after NATS was killed', async () => {
    const { garden, publish, effects } = await planted(world);
    await garden.host([recorded('garden.counts')], fast);
    await publish();
    await eventually(effects, (rows) => rows.length === 1);
    await world.nats.crash();
    await world.nats.restart();
    const before = performance.now();
    await eventually(() => publish().then(() => true).catch(() => false), (published) => published);
    await eventually(effects, (rows) => rows.length >= 2);
    console.log(`applied ${(performance.now() - before).toFixed(0)} ms after NATS was back`);
  });

  it('does not overtake a handler that takes its time', async () => {
    const { garden, publish, effects } = await planted(world);
    let begun = 0;
    const slow = recorded('garden.muses');
    await garden.host([{ ...slow, handle: async (event, tx) => {
      begun += 1;
      await tx.query('SELECT pg_sleep(3)');
      return slow.handle(event, tx);
    } }], fast);
    await publish();
    await eventually(effects, (rows) => rows.length === 1);
    expect(begun).toBe(1);
  });
});
