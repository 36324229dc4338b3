import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { STREAM } from '@mela/bus';
import { natsAccess } from '@mela/infra';
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { prepareSmallDisk } from '../../ground/small-disk.ts';
import { deliveryFaults } from './deliveries.ts';
import { diskFaults } from './disk.ts';
import { named, openPartGround, strike } from './ground.fixture.ts';
import { natsFaults } from './nats.ts';

let opened: Awaited<ReturnType<typeof openPartGround>>;
let nc: NatsConnection;
beforeAll(async () => {
  opened = await openPartGround('nats', { smallDisk: true });
});
afterAll(() => opened.close());
beforeEach(async () => {
  nc = await connect({ ...natsAccess(opened.server.url), maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: STREAM, subjects: ['evt.>'], storage: StorageType.File });
});
afterEach(async () => {
  await (await jetstreamManager(nc)).streams.delete(STREAM);
  await nc.close();
});

const publish = (id: string, bytes = 10) =>
  jetstream(nc, { timeout: 500 }).publish('evt.plant.grew.0', new Uint8Array(bytes), { msgID: id }).then(({ seq }) => seq);
const taken = (id: string) => eventually(() => publish(id).catch(() => 0), (seq) => seq > 0);
const state = async () => (await (await jetstreamManager(nc)).streams.info(STREAM)).state;

describe('harm to NATS', () => {
  it.each(['nats killed', 'nats down'])('%s: it is gone until it is healed and has kept what it acknowledged', async (name) => {
    await publish('one');
    const harm = await strike(opened.ground, named(natsFaults, name));
    await expect(publish('two')).rejects.toThrow();
    await harm.heal();
    await taken('three');
    expect((await state()).messages).toBeGreaterThanOrEqual(2);
  });

  it('restarted: it is back, with everything', async () => {
    await publish('one');
    const before = opened.server.pid;
    const harm = await strike(opened.ground, named(natsFaults, 'nats restarted'));
    await harm.heal();
    expect(opened.server.pid).not.toBe(before);
    await taken('one more');
    expect((await state()).messages).toBe(2);
  });

  it('rewound: what it acknowledged in the end is gone, as if it had never been', async () => {
    await publish('one');
    await (await jetstreamManager(nc)).consumers.add(STREAM, { durable_name: 'garden_plants', ack_policy: 'explicit' });
    const harm = await strike(opened.ground, named(natsFaults, 'nats rewound'));
    await taken('two');
    const plants = await jetstream(nc).consumers.get(STREAM, 'garden_plants');
    for (const _ of [1, 2]) await (await plants.next())!.ackAck();
    await harm.heal();
    expect(await taken('three')).toBe(2);
    expect((await state()).messages).toBe(2);
    expect((await plants.next())!.seq).toBe(1);
    expect(await readdir(opened.ground.folder)).not.toContainEqual(expect.stringContaining('then'));
  });

  it('frozen: the connection stays and nothing comes, until it goes on', async () => {
    const harm = await strike(opened.ground, named(natsFaults, 'nats frozen'));
    // The kernel stops its threads one by one.
    expect(await eventually(() => publish('one').catch(String), (answer) => typeof answer === 'string')).toMatch(/timeout/);
    expect(nc.isClosed()).toBe(false);
    await harm.heal();
    await taken('two');
  });
});

describe("NATS's disk", () => {
  it('is gone when it is released, and what is to be kept lies where it was', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'mela-chaos-'));
    try {
      for (const keep of [false, true]) {
        const disk = await prepareSmallDisk(folder, 8);
        if (disk === undefined) return context.skip('this user may not mount a small disk');
        const file = join(folder, 'nats', 'jetstream', 'a stream');
        await writeFile(file, 'its messages');
        await disk.fill();
        await disk.release(keep);
        expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder);
        expect(await readFile(file, 'utf8').catch(() => undefined)).toBe(keep ? 'its messages' : undefined);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is full: nothing is acknowledged, until there is room again, and what was acknowledged is there', async (context) => {
    if (opened.ground.disk === undefined) return context.skip('this user may not mount a small disk');
    await publish('one', 50_000);
    const harm = await strike(opened.ground, named(diskFaults, 'disk full'));
    await expect(publish('two', 50_000)).rejects.toThrow(/no space left|timeout|no responders/);
    await harm.heal();
    expect(await taken('three')).toBeGreaterThan(0);
    expect((await (await jetstreamManager(nc)).streams.getMessage(STREAM, { seq: 1 }))?.data.length).toBe(50_000);
  });
});

describe('strange deliveries', () => {
  it('are the last events once more, in another order, as the stream cannot know them', async () => {
    for (let i = 0; i < 60; i++) await publish(`event ${i}`);
    const harm = await strike(opened.ground, named(deliveryFaults, 'events repeated'));
    const repeated = Number(/last (\d+) events/.exec(harm.what)![1]);
    expect(repeated).toBeGreaterThanOrEqual(50);
    expect((await state()).messages).toBe(60 + repeated);
    const again = await (await jetstreamManager(nc)).streams.getMessage(STREAM, { seq: 61 });
    expect([again!.subject, again!.header.has('Nats-Msg-Id')]).toEqual(['evt.plant.grew.0', false]);
  });

  it('come for the first time in another order, and none is lost', async () => {
    for (let i = 0; i < 40; i++) await publish(`event ${i}`);
    await (await jetstreamManager(nc)).consumers.add(STREAM, { durable_name: 'garden_plants', ack_policy: 'explicit' });
    const harm = await strike(opened.ground, named(deliveryFaults, 'events out of order'));
    const taken = Number(/^(\d+) events before garden_plants were held back/.exec(harm.what)![1]);
    expect(taken).toBeGreaterThanOrEqual(20);
    const came: number[] = [];
    for await (const message of await (await jetstream(nc).consumers.get(STREAM, 'garden_plants')).consume({ max_messages: 1 })) {
      came.push(message.seq);
      message.ack();
      if (new Set(came).size === 40) break;
    }
    expect(came).not.toEqual(came.toSorted((a, b) => a - b));
    expect(came.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, place) => place + 1));
  });

  it('are not, where nobody has anything before them', async () => {
    await (await jetstreamManager(nc)).consumers.add(STREAM, { durable_name: 'garden_plants', ack_policy: 'explicit' });
    await expect(strike(opened.ground, named(deliveryFaults, 'events out of order'))).rejects.toThrow('Nobody had anything');
  });

  it('are everything once more, for a consumer whose durable was deleted', async () => {
    const jsm = await jetstreamManager(nc);
    await jsm.consumers.add(STREAM, { durable_name: 'garden_plants', ack_policy: 'explicit' });
    const harm = await strike(opened.ground, named(deliveryFaults, 'durable deleted'));
    expect(harm.what).toBe('the durable garden_plants was deleted');
    await expect(jsm.consumers.info(STREAM, 'garden_plants')).rejects.toThrow('not found');
    await expect(strike(opened.ground, named(deliveryFaults, 'durable deleted'))).rejects.toThrow('no durable');
  });
});
