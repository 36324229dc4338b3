import { jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DeadLetters } from '../src/consume/dead-letters.ts';
import { STREAM } from '../src/subjects.ts';
import { expectEverythingOnce, grow } from './growing.ts';
import { eventually, World, type Garden } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

const sent = (garden: Garden) => garden.count('outbox_sent');

describe('a relay', () => {
  it('that is killed again and again neither loses nor doubles nor reorders anything', async () => {
    const garden = await world.garden();
    const plants = Array.from({ length: 10 }, () => uuid());
    const total = 1_500;
    const writing = grow(garden, plants, 15, total / 15);
    for (let kills = 0; kills < 6; kills++) {
      const relay = await garden.victim('relay');
      const before = await sent(garden);
      await eventually(() => sent(garden), (now) => now > before || now === total);
      relay.kill('SIGKILL');
    }
    await garden.victim('relay');
    await writing;
    await expectEverythingOnce(garden, plants);
  }, 60_000);

  it('that freezes loses its shards to another, and repeats nothing out of order when it thaws', async () => {
    const garden = await world.garden();
    const plants = Array.from({ length: 5 }, () => uuid());
    const first = await garden.victim('relay', { silentMs: 1_500 });
    const writing = grow(garden, plants, 10, 100);
    await eventually(() => sent(garden), (now) => now > 20);
    first.kill('SIGSTOP');
    const second = await garden.relay();
    await eventually(() => second.health().shards, (shards) => shards === 16, 20_000);
    await eventually(() => sent(garden), (now) => now > 500);
    first.kill('SIGCONT');
    await writing;
    await expectEverythingOnce(garden, plants);
  }, 60_000);

  it('whose session the database ends takes another', async () => {
    const garden = await world.garden();
    const relay = await garden.relay();
    const plants = Array.from({ length: 10 }, () => uuid());
    const writing = grow(garden, plants, 10, 100);
    for (let ended = 0; ended < 8; ended++) {
      const before = await sent(garden);
      await eventually(() => sent(garden), (now) => now > before || now === 1_000);
      await garden.db.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`, [`relay-${garden.name}`]);
    }
    await writing;
    await expectEverythingOnce(garden, plants);
    await eventually(() => relay.health().shards, (shards) => shards === 16);
  }, 60_000);
});

describe('a consumer', () => {
  const settings = { ackWaitMs: 300, backoffMs: [50], maxDeliver: 5, lookMs: 250 };
  /** What is delivered for the third time goes by few: a busy machine must not be taken for a dead process. */
  const patient = { ...settings, ackWaitMs: 600, maxDeliver: 100 };
  const effects = (garden: Garden) => garden.db.query<{ event_id: string }>('SELECT event_id FROM effect');

  it('that is killed again and again applies everything once', async () => {
    const garden = await world.garden();
    await garden.effects();
    await garden.relay();
    const plants = Array.from({ length: 10 }, () => uuid());
    const total = 1_500;
    const writing = grow(garden, plants, 15, total / 15);
    for (let kills = 0; kills < 6; kills++) {
      const consumer = await garden.victim('consumer', { settings: patient });
      const before = (await effects(garden)).length;
      await eventually(() => effects(garden), (now) => now.length > before || now.length === total);
      consumer.kill('SIGKILL');
    }
    await garden.victim('consumer', { settings: patient });
    await writing;
    const applied = await eventually(() => effects(garden), (rows) => rows.length >= total, 30_000);
    const jsm = await jetstreamManager(world.nc);
    await eventually(() => jsm.consumers.info(STREAM, 'garden_counts'), (info) => info.num_pending === 0 && info.num_ack_pending === 0);
    expect(applied.length).toBe(total);
    expect(new Set(applied.map(({ event_id }) => event_id)).size).toBe(total);
  }, 60_000);

  it('that an event takes down each time puts that event aside, and none of those beside it', async () => {
    const garden = await world.garden();
    await garden.effects();
    await garden.relay();
    const ids: string[] = [];
    for (let i = 0; i < 30; i++) ids.push(await garden.emit(uuid(), 1));
    const deadly = ids[11]!;
    await eventually(() => garden.count('outbox'), (rows) => rows === 0);
    const dead = new DeadLetters(garden.db);
    let lives = 0;
    const finished = eventually(() => dead.list(), (letters) => letters.length > 0, 40_000);
    let over = false;
    void finished.finally(() => (over = true));
    while (!over) {
      const consumer = await garden.victim('consumer', { settings, deadly });
      lives += 1;
      await Promise.race([finished, new Promise((resolve) => (consumer.exitCode === null ? consumer.once('exit', resolve) : resolve(undefined)))]);
    }
    expect(await finished).toMatchObject([{ eventId: deadly, state: 'dead', attempts: 5 }]);
    // Whoever wrote the letter may have died of the event just before: somebody is to be there for the others.
    await garden.victim('consumer', { settings, deadly });
    const applied = await eventually(() => effects(garden), (rows) => rows.length === 29);
    expect(applied.map(({ event_id }) => event_id).sort()).toEqual(ids.filter((id) => id !== deadly).sort());
    console.log(`${lives} processes were needed`);
  }, 90_000);
});
