import { jetstreamManager } from '@nats-io/jetstream';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fast, planted } from '../../test/planted.ts';
import { eventually, PlantGrew, PlantWithered, recorded, World } from '../../test/world.ts';
import { seal } from '../outbox/envelope.ts';
import { Poison } from '../outbox/poison.ts';
import { durableName, STREAM } from '../subjects.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

describe('a dead letter', () => {
  it('is replayed under its own id, once', async () => {
    const { garden, publish, effects, letters, deadLetters } = await planted(world);
    let dry = true;
    const counts = recorded('garden.mends');
    await garden.host([{ ...counts, handle: (event, tx) => {
      if (dry) throw new Poison('dry');
      return counts.handle(event, tx);
    } }], fast);
    const id = await publish();
    await eventually(letters, (dead) => dead.length === 1);
    await deadLetters.replay('garden.mends', id);
    const [again] = await eventually(letters, ([letter]) => letter?.state === 'dead' && letter.attempts === 2);
    expect(again!.error).toContain('dry');
    dry = false;
    await deadLetters.replay('garden.mends', id);
    await eventually(letters, (left) => left.length === 0);
    expect((await effects()).map(({ event_id }) => event_id)).toEqual([id]);
  });

  it('is what a replay hands over: what was applied is not applied again, what was not heard is passed over', async () => {
    const { garden, publish, effects, letters, deadLetters } = await planted(world);
    await garden.host([recorded('garden.rereads')], fast);
    const applied = await publish();
    await eventually(effects, (rows) => rows.length === 1);
    const missed = seal(PlantGrew, { id: uuid(), version: 1 }, { plantId: uuid(), height: 1 }, { source: '/mela/garden' });
    const unheard = seal(PlantWithered, { id: uuid(), version: 1 }, PlantWithered.example, { source: '/mela/garden' });
    const known = { eventId: applied, streamSeq: 1, subject: 'evt.plant.grew.0', headers: {}, payload: new Uint8Array() };
    const letters_ = [missed, unheard].map((event, place) => ({ ...event, streamSeq: place + 2 }));
    expect(await deadLetters.handOver('garden.rereads', [known, ...letters_])).toBe(2);
    await eventually(effects, (rows) => rows.length === 2);
    await eventually(letters, (left) => left.length === 0);
    expect((await effects()).map(({ event_id }) => event_id).sort()).toEqual([applied, missed.eventId].sort());
  });

  it('that is discarded stays on record and is never applied', async () => {
    const { garden, publish, effects, letters, deadLetters } = await planted(world);
    const counts = recorded('garden.drops');
    let dry = true;
    await garden.host([{ ...counts, handle: (event, tx) => {
      if (dry) throw new Poison('dry');
      return counts.handle(event, tx);
    } }], fast);
    const id = await publish();
    await eventually(letters, (dead) => dead.length === 1);
    await deadLetters.discard('garden.drops', id);
    dry = false;
    await publish({ id });
    const after = await publish();
    await eventually(effects, (rows) => rows.some(({ event_id }) => event_id === after));
    expect((await effects()).map(({ event_id }) => event_id)).toEqual([after]);
    expect(await deadLetters.show('garden.drops', id)).toMatchObject({ state: 'discarded' });
    await expect(deadLetters.replay('garden.drops', id)).rejects.toThrow('no dead letter');
  });

  it('is not written for what others took down with them: it is applied, however often it was at hand', async () => {
    const { garden, publish, letters, effects } = await planted(world);
    const jsm = await jetstreamManager(world.nc);
    const taken = recorded('garden.crashes');
    // Nobody ever answers: what a process that is killed each time looks like to the server, which has given up long ago.
    await jsm.consumers.add(STREAM, { durable_name: durableName(taken.as), ack_policy: 'explicit', ack_wait: 300e6, max_deliver: 2, filter_subject: 'evt.plant.grew.*' });
    const id = await publish();
    const consumer = await jsm.jetstream().consumers.get(STREAM, durableName(taken.as));
    await consumer.next();
    await consumer.next();
    await garden.host([taken], { ...fast, maxDeliver: 2, ackWaitMs: 300 });
    await eventually(effects, (rows) => rows.some(({ event_id }) => event_id === id));
    expect(await letters()).toEqual([]);
  });

  it('is not written for one that the database left in the middle: nobody was taken down', async () => {
    const { garden, publish, letters, effects } = await planted(world);
    const jsm = await jetstreamManager(world.nc);
    const plain = recorded('garden.left');
    let left = false;
    const taken = {
      ...plain,
      handle: async (...given: Parameters<typeof plain.handle>) => {
        if (!left) await world.postgres.crash();
        left = true;
        return plain.handle(...given);
      },
    };
    await jsm.consumers.add(STREAM, { durable_name: durableName(taken.as), ack_policy: 'explicit', ack_wait: 300e6, filter_subject: 'evt.plant.grew.*' });
    const id = await publish();
    const consumer = await jsm.jetstream().consumers.get(STREAM, durableName(taken.as));
    for (let delivery = 1; delivery <= 3; delivery++) await consumer.next();
    const host = await garden.host([taken], { ...fast, maxDeliver: 2, ackWaitMs: 300 });
    await eventually(() => host.health()[0]!, ({ state }) => state === 'stopped');
    await world.postgres.restart();
    await eventually(() => effects().catch(() => []), (rows) => rows.some(({ event_id }) => event_id === id));
    expect(await letters()).toEqual([]);
  });
});
