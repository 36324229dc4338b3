import type { ChildProcess } from 'node:child_process';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFailPoint } from '../src/fail-points.ts';
import { recorded } from './garden.ts';
import { expectEverythingOnce, grow } from './growing.ts';
import { StreamStorage } from './stream-storage.ts';
import { eventually, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

const killed = (child: ChildProcess) => eventually(() => child.signalCode, (signal) => signal === 'SIGKILL', 30_000);

it('a fail point is a name that there is, and which time', () => {
  expect(() => armFailPoint('relay.moving:0')).toThrow('<name>:<nth>');
  expect(() => armFailPoint('relay.moving:often')).toThrow('<name>:<nth>');
  expect(() => armFailPoint('relay.mooving:2')).toThrow('No fail point is called "relay.mooving". There are: relay.filling, ');
});

describe('a relay', () => {
  it.each(['relay.publishing:40', 'relay.acknowledged:40', 'relay.moving:2'])('that is killed at %s is followed by one that goes on', async (failPoint) => {
    const garden = await world.garden();
    const plants = Array.from({ length: 8 }, () => uuid());
    const writing = grow(garden, plants, 8, 60);
    await killed(await garden.victim('relay', { failPoint }));
    await garden.relay();
    await writing;
    await expectEverythingOnce(garden, plants);
  }, 60_000);

  it('that is killed at every step of recovering the stream is followed by one that ends it', async () => {
    const storage = new StreamStorage(world);
    const garden = await world.garden();
    await garden.effects();
    await garden.host([recorded('garden.counts')], { ackWaitMs: 1_000 });
    const applied = () => garden.db.query<{ event_id: string }>('SELECT event_id FROM effect');
    const plants = Array.from({ length: 8 }, () => uuid());
    const relay = await garden.relay();
    await grow(garden, plants, 4, 10);
    await eventually(applied, (rows) => rows.length === 40);
    await world.nats.crash();
    await storage.keep();
    await world.nats.restart();
    await grow(garden, plants, 4, 50);
    await eventually(applied, (rows) => rows.length === 240);
    await eventually(() => garden.count('outbox'), (rows) => rows === 0);
    await relay.stop();
    await world.nats.crash();
    await storage.rewind();
    await world.nats.restart();
    await grow(garden, plants, 4, 10);
    for (const failPoint of ['relay.filling:20', 'relay.filling:100', 'relay.restoring', 'relay.restoring:2', 'relay.publishing:10', 'relay.acknowledged:30', 'relay.moving'])
      await killed(await garden.victim('relay', { failPoint }));
    await garden.relay();
    await expectEverythingOnce(garden, plants);
    const rows = await eventually(applied, (now) => now.length >= 280);
    expect([rows.length, new Set(rows.map(({ event_id }) => event_id)).size]).toEqual([280, 280]);
  }, 120_000);
});

it('a consumer that is killed between its commit and its answer applies nothing twice', async () => {
  const garden = await world.garden();
  await garden.effects();
  await garden.relay();
  const plants = Array.from({ length: 8 }, () => uuid());
  const writing = grow(garden, plants, 8, 25);
  for (const failPoint of ['consumer.committed', 'consumer.committed:2']) await killed(await garden.victim('consumer', { failPoint, settings: { ackWaitMs: 600 } }));
  await garden.victim('consumer', { settings: { ackWaitMs: 600 } });
  await writing;
  const rows = await eventually(() => garden.db.query<{ event_id: string }>('SELECT event_id FROM effect'), (now) => now.length >= 200, 30_000);
  expect([rows.length, new Set(rows.map(({ event_id }) => event_id)).size]).toEqual([200, 200]);
}, 60_000);
