import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fast, planted } from '../../test/planted.ts';
import { PlantGrew, PlantWithered, recorded, World } from '../../test/world.ts';
import { STREAM } from '../subjects.ts';

let world: World;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

describe('a consumer host', () => {
  it('updates a durable that asks for something else, and faults where that cannot be', async () => {
    const { garden } = await planted(world);
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
    const { garden } = await planted(world);
    await expect(garden.host([recorded('garden.twice'), recorded('garden.twice')])).rejects.toThrow('garden.twice');
  });
});
