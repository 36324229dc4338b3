import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually, World } from '../../test/world.ts';
import { STREAM } from '../subjects.ts';
import { Source } from './source.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

const plants = { name: 'garden_plants', description: 'garden.plants', filter: 'evt.plant.grew.*' };

async function sourceOn(nc: NatsConnection): Promise<Source> {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const source = new Source(plants, { nc, log, settings: { ackWaitMs: 10_000 }, arrived() {}, found() {} });
  await source.start();
  return source;
}

it('answers on no later connection what a closed puller left over', async () => {
  await world.garden();
  const answers: string[] = [];
  world.nc.subscribe('$JS.ACK.>', { callback: (_fault, { subject }) => void answers.push(subject) });
  const nc = await world.connection('source');
  const source = await sourceOn(nc);
  await world.nc.request('evt.plant.grew.0', '{}');
  await eventually(() => source.held.length, (held) => held === 1);
  const jsm = await jetstreamManager(world.nc);
  // Its end closes the puller; the one after it asks the durable that is made anew, which delivers the same again.
  await jsm.consumers.delete(STREAM, plants.name);
  await eventually(() => source.held.length, (held) => held === 2);
  await world.nats.crash();
  await world.nats.restart();
  await Promise.all([nc, world.nc].map((one) => eventually(() => one.rtt().then(() => true, () => false), (there) => there)));

  for (const delivery of source.take(2)) delivery.ack();
  await nc.flush();
  await world.nc.flush();
  expect(answers).toEqual([]);
  await source.stop();
  source.close();
});
