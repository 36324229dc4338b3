import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { headers, nanos } from '@nats-io/transport-node';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PAGE, plantTables, replicated, type Plant } from '../../test/replicated.ts';
import { eventually, PlantGrew, World, type Garden } from '../../test/world.ts';
import { seal } from '../outbox/envelope.ts';
import type { Sql } from '../sql.ts';
import { StreamStorage } from '../../test/stream-storage.ts';
import { ensureStream } from '../stream/stream.ts';
import { FILLER_SUBJECT, FORGOT_SUBJECT, STREAM } from '../subjects.ts';
import type { ConsumerHost } from './consumer-host.ts';

let world: World;
let garden: Garden;
beforeAll(async () => {
  world = await World.open({ durable: true });
});
afterEach(() => world.rest());
afterAll(() => world.close());

/** Plants whose events the stream never had; every fifth has withered. */
async function nursery(count: number): Promise<Plant[]> {
  garden = await world.garden();
  await plantTables(garden.db);
  const plants = Array.from({ length: count }, (_, i) => ({ id: uuid(), height: i % 5 === 0 ? null : i, version: (i % 3) + 1 })).sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const { id, height, version } of plants) await garden.db.query('INSERT INTO owned VALUES ($1, $2, $3)', [id, height, version]);
  return plants;
}

const known = () => garden.db.query<Plant>('SELECT id, height, version FROM replicated ORDER BY id');
const record = async () => (await garden.db.query<{ build: number; cursor: string | null; items: string; whole: boolean }>('SELECT build, cursor, items, completed_at IS NOT NULL AS whole FROM replica'))[0];
const running = (host: ConsumerHost<Sql>) => eventually(() => host.health()[0]!, ({ state }) => state === 'running', 30_000);
const becomes = (plant: Plant) => garden.db.query('UPDATE owned SET height = $2, version = $3 WHERE id = $1', [plant.id, plant.height, plant.version]);

async function grows(id: string, version: number, height = version): Promise<void> {
  const { subject, payload, headers: sealed } = seal(PlantGrew, { id, version }, { plantId: id, height }, { source: '/mela/nursery' });
  const all = headers();
  for (const [name, value] of Object.entries(sealed)) all.set(name, value);
  await world.nc.request(subject, payload, { headers: all, timeout: 2_000 });
}

/** Whatever the stream holds is older than it remembers. */
async function ageOut(): Promise<void> {
  const jsm = await jetstreamManager(world.nc);
  await jsm.streams.update(STREAM, { max_age: nanos(150), duplicate_window: nanos(100) });
  await eventually(() => jsm.streams.info(STREAM), ({ state }) => state.messages === 0);
}

async function whileDown(work: () => Promise<void>): Promise<void> {
  await world.nats.crash();
  await work();
  await world.nats.restart();
  await eventually(() => world.nc.rtt().then(() => true, () => false), (connected) => connected);
}

/** Waits until every process relies on the replica, which nobody may before it knows what the lost stream would have said. */
async function reliedOnAgain(hosts: readonly ConsumerHost<Sql>[]): Promise<void> {
  const relied = async () => {
    const relying = hosts.filter((host) => host.health()[0]!.state === 'running').length;
    if (relying > 0) expect((await known())[0]).toMatchObject({ version: 9, height: null });
    return relying;
  };
  await eventually(relied, (relying) => relying === hosts.length, 30_000);
}

/** Something that waits until the test lets it go, and says that it waits. */
function gate() {
  let waits = () => {};
  let open = () => {};
  const reached = new Promise<void>((resolve) => (waits = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { reached, open: () => open(), pass: () => (waits(), opened) };
}

describe('a replica whose events are gone', () => {
  it('is built from its owner, with those who withered, and then follows', async () => {
    const plants = await nursery(35);
    await running(await garden.host([replicated(garden.db)]));
    expect(await known()).toEqual(plants);
    expect(await record()).toEqual({ build: 1, cursor: null, items: '35', whole: true });
    await grows(plants[0]!.id, 7);
    await eventually(known, ([first]) => first!.version === 7);
    const told = garden.logged.filter(({ message }) => /replica/i.test(message));
    expect(told).toMatchObject([{ facts: { consumer: 'garden.plants', from: 'nursery', why: 'it never was' } }, { facts: { items: 35, seconds: expect.any(Number) } }]);
  });

  it('keeps what an event said over an older page, and what a page said over an older event', async () => {
    const [first, second] = (await nursery(2)) as [Plant, Plant];
    await becomes({ ...second, version: 9, height: 90 });
    const page = gate();
    const host = await garden.host([replicated(garden.db, { answering: page.pass })]);
    await page.reached;
    await grows(first.id, 8, 80);
    await eventually(known, (rows) => rows.length === 1);
    expect(host.health()[0]).toMatchObject({ state: 'stopped', reason: 'building plants from nursery: 0 so far' });
    page.open();
    await running(host);
    await grows(second.id, 5, 50);
    const last = uuid();
    await grows(last, 1);
    await eventually(known, (rows) => rows.length === 3);
    expect(await known()).toMatchObject([{ id: first.id, height: 80, version: 8 }, { id: second.id, height: 90, version: 9 }, { id: last }]);
  });

  it('waits for an owner that is away, says so, and is built when it is back', async () => {
    await nursery(1_234);
    let away = true;
    let asked = 0;
    const host = await garden.host([replicated(garden.db, { asked: () => {
      asked += 1;
      if (away && asked > 110) throw new Error('Nobody answers');
    } })]);
    await eventually(() => host.health()[0]!, ({ state, reason }) => state === 'stopped' && reason === 'building plants from nursery: 1,100 so far (Nobody answers)');
    await eventually(() => asked, (times) => times > 113);
    away = false;
    await running(host);
    expect((await known()).length).toBe(1_234);
    expect(await record()).toMatchObject({ build: 1, items: '1234' });
  });

  it('goes on where a killed process left off', async () => {
    const plants = await nursery(4 * PAGE);
    const facts = { service: garden.name, postgres: world.postgres.url, nats: world.nats.url, diesAtPage: 3 };
    const victim = fork(new URL('../../test/replica-victim.ts', import.meta.url).pathname, {
      execArgv: ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--conditions=source'],
      env: { ...process.env, VICTIM: JSON.stringify(facts) },
    });
    expect((await once(victim, 'exit'))[1]).toBe('SIGKILL');
    expect(await record()).toMatchObject({ items: String(2 * PAGE), whole: false, cursor: plants[2 * PAGE - 1]!.id });

    const asked: (string | undefined)[] = [];
    await running(await garden.host([replicated(garden.db, { asked: (after) => asked.push(after) })]));
    expect(asked).toEqual([plants[2 * PAGE - 1]!.id, plants[3 * PAGE - 1]!.id]);
    expect(await known()).toEqual(plants);
    expect(await record()).toMatchObject({ build: 1, items: String(4 * PAGE), whole: true });
  });

  it('is built by one process at a time, each page once', async () => {
    const plants = await nursery(20 * PAGE);
    const asked: (string | undefined)[] = [];
    let [atOnce, most] = [0, 0];
    const consumer = replicated(garden.db, {
      asked: (after) => {
        asked.push(after);
        most = Math.max(most, ++atOnce);
      },
      applied: () => void atOnce--,
    });
    const hosts = await Promise.all([garden.host([consumer]), garden.host([consumer], {}, await world.connection('second'))]);
    await Promise.all(hosts.map(running));
    expect(most).toBe(1);
    expect(asked.length).toBe(20);
    expect(new Set(asked).size).toBe(20);
    expect(await known()).toEqual(plants);
  });
});

describe('a replica that was built', () => {
  it('is not built again by a service that slept for less than the stream remembers', async () => {
    const [plant] = await nursery(3);
    const first = await garden.host([replicated(garden.db)]);
    await running(first);
    await first.stop();
    await grows(plant!.id, 7);
    await running(await garden.host([replicated(garden.db)]));
    await eventually(known, ([one]) => one!.version === 7);
    expect(await record()).toMatchObject({ build: 1 });
  });

  it('is not built again when only what it has heard has aged out', async () => {
    const [plant] = await nursery(3);
    const first = await garden.host([replicated(garden.db)]);
    await running(first);
    for (let version = 4; version <= 7; version++) await grows(plant!.id, version);
    await eventually(known, ([one]) => one!.version === 7);
    await first.stop();
    // How far it is, it notes whenever it is held against the stream, and so at every start.
    const second = await garden.host([replicated(garden.db)]);
    await eventually(() => garden.db.query<{ seq: string }>('SELECT followed_to AS seq FROM replica'), ([row]) => row?.seq === '4');
    await second.stop();
    await ageOut();
    await running(await garden.host([replicated(garden.db)]));
    expect(await record()).toMatchObject({ build: 1 });
  });

  it('is built again when events have aged out while the service slept, and then not once more', async () => {
    const [plant] = await nursery(3);
    const first = await garden.host([replicated(garden.db)]);
    await running(first);
    await first.stop();
    await grows(plant!.id, 7);
    await becomes({ ...plant!, version: 8, height: null });
    await ageOut();
    const second = await garden.host([replicated(garden.db)]);
    await running(second);
    expect((await known())[0]).toMatchObject({ id: plant!.id, version: 8, height: null });
    expect(await record()).toMatchObject({ build: 2, whole: true });
    await second.stop();
    await running(await garden.host([replicated(garden.db)]));
    expect(await record()).toMatchObject({ build: 2 });
  });

  it('is built again when a relay told of a loss that nobody can make good, and then not once more', async () => {
    const [plant] = await nursery(3);
    const first = await garden.host([replicated(garden.db)]);
    await running(first);
    await first.stop();
    await becomes({ ...plant!, version: 8, height: null });
    await world.nc.request(FORGOT_SUBJECT, '');
    for (const start of [1, 2]) {
      const host = await garden.host([replicated(garden.db)]);
      await running(host);
      expect((await known())[0], `start ${start}`).toMatchObject({ version: 8, height: null });
      expect(await record(), `start ${start}`).toMatchObject({ build: 2, whole: true });
      await host.stop();
    }
  });

  it('is built again when the stream lost its end under it, in every process, and never relied on meanwhile', async () => {
    const storage = new StreamStorage(world);
    const [plant] = await nursery(30);
    const consumer = replicated(garden.db);
    const host = await garden.host([consumer]);
    await running(host);
    await grows(plant!.id, 4);
    await whileDown(() => storage.keep());
    for (let version = 5; version <= 7; version++) await grows(plant!.id, version);
    await eventually(known, ([one]) => one!.version === 7);
    const hosts = [host, await garden.host([consumer], {}, await world.connection('second'))];
    await Promise.all(hosts.map(running));
    await becomes({ ...plant!, version: 9, height: null });
    await whileDown(() => storage.rewind());
    const waits = 'plants is held against the stream (the stream ends at 1, before what was heard, and is carried on first)';
    await Promise.all(hosts.map((one) => eventually(() => one.health()[0]!.reason, (reason) => reason === waits)));
    expect(await record()).toMatchObject({ build: 1 });
    // As relays do.
    for (let seq = 2; seq <= 4; seq++) await world.nc.request(FILLER_SUBJECT, '');
    await reliedOnAgain(hosts);
    await grows(plant!.id, 10);
    await eventually(known, ([one]) => one!.version === 10);
    expect(await record()).toMatchObject({ build: 2, whole: true });
    const told = garden.logged.filter(({ message }) => message === 'A replica is built from its owner');
    expect(told.at(-1)).toMatchObject({ facts: { why: 'the stream lost its end' } });
  }, 60_000);

  const wipes: [string, (jsm: JetStreamManager) => Promise<unknown>][] = [
    ['is deleted', (jsm) => jsm.streams.delete(STREAM)],
    ['goes down with the disk of NATS', async () => {
      await world.nats.crash();
      await rm(join(world.dataDir, 'nats', 'jetstream'), { recursive: true });
      await world.nats.restart();
    }],
  ];
  it.each(wipes)('is built again when the stream %s under it, in every process, and never relied on meanwhile', async (_how, wipe) => {
    const [plant] = await nursery(30);
    const consumer = replicated(garden.db);
    const hosts = [await garden.host([consumer]), await garden.host([consumer], {}, await world.connection('second'))];
    await Promise.all(hosts.map(running));
    // What was said of it goes down with the stream.
    await becomes({ ...plant!, version: 9, height: null });
    const jsm = await jetstreamManager(world.nc);
    const since = performance.now();
    await wipe(jsm);
    const noticed = new Set<ConsumerHost<Sql>>();
    await eventually(() => {
      for (const host of hosts) if (host.health()[0]!.state === 'stopped') noticed.add(host);
      return noticed.size;
    }, (size) => size === hosts.length);
    await eventually(() => ensureStream(world.nc).then(() => true, () => false), (made) => made);
    await reliedOnAgain(hosts);
    console.log(`built anew ${(performance.now() - since).toFixed(0)} ms after the stream was wiped`);
    expect(await record()).toMatchObject({ build: 2, whole: true });
    await grows(plant!.id, 10);
    await eventually(known, ([one]) => one!.version === 10);
  });

  it('is built again when the stream is wiped while it is being built', async () => {
    const [plant] = await nursery(3 * PAGE);
    const page = gate();
    let pages = 0;
    const host = await garden.host([replicated(garden.db, { answering: () => (++pages === 2 ? page.pass() : undefined) })]);
    await page.reached;
    await becomes({ ...plant!, version: 9, height: null });
    await (await jetstreamManager(world.nc)).streams.delete(STREAM);
    await ensureStream(world.nc);
    await eventually(() => host.health()[0]!, ({ reason }) => reason === 'plants is held against the stream');
    page.open();
    await running(host);
    expect((await known())[0]).toMatchObject({ version: 9, height: null });
    expect(await record()).toMatchObject({ build: 2, items: String(3 * PAGE), whole: true });
  });
});
