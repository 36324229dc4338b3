import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, PlantGrew, PlantWithered, recorded, World, type Garden } from '../../test/world.ts';
import { currentContext } from '../context.ts';
import { Poison } from '../outbox/poison.ts';
import { seal } from '../outbox/envelope.ts';
import { durableName, STREAM } from '../subjects.ts';
import { DeadLetters } from './dead-letters.ts';

let world: World;
let garden: Garden;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

const fast = { ackWaitMs: 1_000, backoffMs: [50, 100], maxDeliver: 4 };

async function plantedGarden(): Promise<Garden> {
  garden = await world.garden();
  await garden.effects();
  return garden;
}

/** Straight into the stream, past outbox and relay, so that it can be malformed or come again. */
async function publish(change: { subject?: string; drop?: string; payload?: string; msgId?: string; id?: string; plant?: string; version?: number } = {}) {
  const plant = change.plant ?? uuid();
  const sealed = seal(PlantGrew, { id: plant, version: change.version ?? 1 }, { plantId: plant, height: 1 }, {
    source: '/mela/test', actor: 'asha', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', ...(change.id ? { id: change.id } : {}),
  });
  const all = headers();
  for (const [name, value] of Object.entries(sealed.headers)) if (name !== change.drop) all.set(name, value);
  if (change.msgId) all.set('Nats-Msg-Id', change.msgId);
  await world.nc.request(change.subject ?? sealed.subject, change.payload ?? sealed.payload, { headers: all, timeout: 500 });
  return sealed.eventId;
}

const effects = () => garden.db.query<{ event_id: string; consumer: string; aggregate: string; version: number }>('SELECT * FROM effect ORDER BY place');
const letters = () => new DeadLetters(garden.db).list();

describe('a consumer', () => {
  it('applies each event once, however often it comes', async () => {
    await plantedGarden();
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
    await plantedGarden();
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
    await plantedGarden();
    await garden.host([recorded('garden.counts')]);
    const plants = [uuid(), uuid(), uuid()];
    for (let version = 1; version <= 60; version++) for (const plant of plants) void publish({ plant, version });
    const applied = await eventually(effects, (rows) => rows.length === 180);
    for (const plant of plants)
      expect(applied.filter(({ aggregate }) => aggregate === plant).map(({ version }) => version)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  });

  it('runs its handler in the trace of the event and in the name of its actor', async () => {
    await plantedGarden();
    const seen: unknown[] = [];
    await garden.host([recorded('garden.watches', { handle: () => void seen.push(currentContext()) })]);
    await publish();
    await eventually(() => seen, ([context]) => context !== undefined);
    expect(seen[0]).toMatchObject({ actor: 'asha', traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/) });
  });

  it('hears within milliseconds of the commit', async () => {
    await plantedGarden();
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

describe('what cannot be applied', () => {
  it('is put aside when it is malformed, and the rest goes on', async () => {
    await plantedGarden();
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
    await plantedGarden();
    await garden.host([recorded('garden.refuses', { handle: () => { throw new Poison('there is no such plant'); } })], fast);
    const id = await publish();
    const [letter] = await eventually(letters, (dead) => dead.length === 1);
    expect(letter).toMatchObject({ eventId: id, consumer: 'garden.refuses', type: 'plant.grew', attempts: 1, state: 'dead', error: expect.stringContaining('no such plant') });
  });

  it('is tried again when the fault may pass, alone, and without the effects of the failed attempt', async () => {
    await plantedGarden();
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
    await plantedGarden();
    await garden.host([recorded('garden.fails', { handle: () => { throw new Error('still no water'); } })], fast);
    const id = await publish();
    const [letter] = await eventually(letters, (dead) => dead.length === 1);
    expect(letter).toMatchObject({ eventId: id, attempts: 4, error: expect.stringContaining('still no water') });
    const jsm = await jetstreamManager(world.nc);
    await eventually(() => jsm.consumers.info(STREAM, 'garden_fails'), (info) => info.num_ack_pending === 0);
    expect(await garden.metrics.metrics()).toMatch(/mela_consumer_failed_total\{service="garden\w+",consumer="garden.fails"\} 4/);
  });

  it('stops a consumer that must not leave a gap, until it can be applied', async () => {
    await plantedGarden();
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
    await plantedGarden();
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
    await plantedGarden();
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
    await plantedGarden();
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

describe('a dead letter', () => {
  it('is replayed under its own id, once', async () => {
    await plantedGarden();
    let dry = true;
    const counts = recorded('garden.mends');
    await garden.host([{ ...counts, handle: (event, tx) => {
      if (dry) throw new Poison('dry');
      return counts.handle(event, tx);
    } }], fast);
    const id = await publish();
    await eventually(letters, (dead) => dead.length === 1);
    const dead = new DeadLetters(garden.db, () => world.nc.publish(`bell.${garden.name}.dlq`));
    await dead.replay('garden.mends', id);
    const [again] = await eventually(letters, ([letter]) => letter?.state === 'dead' && letter.attempts === 2);
    expect(again!.error).toContain('dry');
    dry = false;
    await dead.replay('garden.mends', id);
    await eventually(letters, (left) => left.length === 0);
    expect((await effects()).map(({ event_id }) => event_id)).toEqual([id]);
  });

  it('is what a replay hands over: what was applied is not applied again, what was not heard is passed over', async () => {
    await plantedGarden();
    await garden.host([recorded('garden.rereads')], fast);
    const applied = await publish();
    await eventually(effects, (rows) => rows.length === 1);
    const missed = seal(PlantGrew, { id: uuid(), version: 1 }, { plantId: uuid(), height: 1 }, { source: '/mela/garden' });
    const unheard = seal(PlantWithered, { id: uuid(), version: 1 }, PlantWithered.example, { source: '/mela/garden' });
    const dead = new DeadLetters(garden.db, () => world.nc.publish(`bell.${garden.name}.dlq`));
    const known = { eventId: applied, streamSeq: 1, subject: 'evt.plant.grew.0', headers: {}, payload: new Uint8Array() };
    const letters_ = [missed, unheard].map((event, place) => ({ ...event, streamSeq: place + 2 }));
    expect(await dead.handOver('garden.rereads', [known, ...letters_])).toBe(2);
    await eventually(effects, (rows) => rows.length === 2);
    await eventually(letters, (left) => left.length === 0);
    expect((await effects()).map(({ event_id }) => event_id).sort()).toEqual([applied, missed.eventId].sort());
  });

  it('that is discarded stays on record and is never applied', async () => {
    await plantedGarden();
    const counts = recorded('garden.drops');
    let dry = true;
    await garden.host([{ ...counts, handle: (event, tx) => {
      if (dry) throw new Poison('dry');
      return counts.handle(event, tx);
    } }], fast);
    const id = await publish();
    await eventually(letters, (dead) => dead.length === 1);
    const dead = new DeadLetters(garden.db);
    await dead.discard('garden.drops', id);
    dry = false;
    await publish({ id });
    const after = await publish();
    await eventually(effects, (rows) => rows.some(({ event_id }) => event_id === after));
    expect((await effects()).map(({ event_id }) => event_id)).toEqual([after]);
    expect(await dead.show('garden.drops', id)).toMatchObject({ state: 'discarded' });
    await expect(dead.replay('garden.drops', id)).rejects.toThrow('no dead letter');
  });

  it('is written for what the server gave up on', async () => {
    await plantedGarden();
    const jsm = await jetstreamManager(world.nc);
    const taken = recorded('garden.crashes');
    // Nobody ever answers: what a process that dies each time looks like to the server.
    await jsm.consumers.add(STREAM, { durable_name: durableName(taken.as), ack_policy: 'explicit', ack_wait: 300e6, max_deliver: 2, filter_subject: 'evt.plant.grew.*' });
    const id = await publish();
    const consumer = await jsm.jetstream().consumers.get(STREAM, durableName(taken.as));
    await consumer.next();
    await consumer.next();
    const host = await garden.host([taken], { ...fast, maxDeliver: 2, ackWaitMs: 300 });
    // A pull makes the server look at what is due.
    await eventually(letters, (dead) => dead.length === 1);
    expect((await letters())[0]).toMatchObject({ eventId: id, consumer: 'garden.crashes', attempts: 2 });
    expect(host.health()[0]!.state).toBe('running');
  });
});

describe('a consumer host', () => {
  it('updates a durable that asks for something else, and faults where that cannot be', async () => {
    await plantedGarden();
    const jsm = await jetstreamManager(world.nc);
    const first = await garden.host([recorded('garden.changes')], fast);
    await first.stop();
    const second = await garden.host([recorded('garden.changes', { events: [PlantGrew, PlantWithered] })], { ...fast, ackWaitMs: 2_000 });
    const { config } = await jsm.consumers.info(STREAM, 'garden_changes');
    expect(config.ack_wait).toBe(2e9);
    expect(config.filter_subject).toBe('evt.plant.*.*');
    await second.stop();
    await jsm.consumers.delete(STREAM, 'garden_changes');
    await jsm.consumers.add(STREAM, { durable_name: 'garden_changes', ack_policy: 'explicit', deliver_policy: 'new' });
    await expect(garden.host([recorded('garden.changes')], fast)).rejects.toThrow(/deliver policy|deliver_policy is "new" and should be "all"/);
  });

  it('refuses two consumers of one name', async () => {
    await plantedGarden();
    await expect(garden.host([recorded('garden.twice'), recorded('garden.twice')])).rejects.toThrow('garden.twice');
  });
});
