import { id } from '@mela/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { Cable } from './cable.fixture.ts';
import { openHarbour, PilotDismissed, type Gateway } from './harbour.fixture.ts';
import type { Frame, Screen } from './screen.fixture.ts';

const NORTH = 'dock:north';
const [asha, ravi, mina] = [id(7), id(8), id(9)];

describe('presence', () => {
  const open: { close(): Promise<void> }[] = [];
  // After the gateways have gone, who would wait for what is closed here: the last that is said comes first.
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const world = openHarbour();

  const told = (screen: Screen, topic = NORTH) => screen.frames.filter((frame) => frame.t === 'pres' && frame.topic === topic);
  const differences = (screen: Screen) => told(screen).filter(({ snapshot }) => !snapshot);
  /** As a client knows that reads what it is told. */
  const view = (screen: Screen, topic = NORTH) => {
    const there = new Set<string>();
    for (const { join, leave, snapshot } of told(screen, topic) as (Frame & { join: string[]; leave: string[] })[]) {
      if (snapshot) there.clear();
      for (const personId of join) there.add(personId);
      for (const personId of leave) there.delete(personId);
    }
    return [...there].sort();
  };
  const sees = (screen: Screen, people: string[], { topic = NORTH, within = 5_000 } = {}) =>
    screen.eventually(() => (view(screen, topic).join() === [...people].sort().join() ? true : undefined), within);
  const arrive = async (gateway: Gateway, personId: string, topic = NORTH) => {
    const screen = await gateway.screen(await world.token(personId));
    expect(await screen.ask({ t: 'sub', topic, presence: true })).toMatchObject({ t: 'subd' });
    return screen;
  };
  const two = async () => [await world.gateway(), await world.gateway()] as const;

  it('is told after the subscription: a snapshot, then who comes and goes, at this gateway and at any other', async () => {
    const [here, there] = await two();
    const first = await arrive(here, asha);
    expect(await first.until(({ t }) => t === 'pres')).toEqual({ t: 'pres', topic: NORTH, v: 1, join: [asha], leave: [], count: 1, snapshot: true });
    expect(first.frames.findIndex(({ t }) => t === 'pres')).toBeGreaterThan(first.frames.findIndex(({ t, topic }) => t === 'subd' && topic === NORTH));
    const second = await arrive(there, ravi);
    await sees(first, [asha, ravi]);
    await sees(second, [asha, ravi]);
    expect(differences(first)).toMatchObject([{ v: 2, join: [ravi], leave: [], count: 2 }]);
    await second.ask({ t: 'unsub', topic: NORTH });
    await sees(first, [asha]);
  });

  it('is not taken part in, nor heard of, by whoever did not ask for it', async () => {
    const gateway = await world.gateway();
    const plain = await gateway.screen(await world.token(ravi));
    await plain.listen(NORTH);
    const screen = await arrive(gateway, asha);
    const { id: sighted } = await world.publish();
    await plain.hears(sighted);
    expect([told(plain), view(screen)]).toEqual([[], [asha]]);
    // It may be asked for later, too.
    await plain.ask({ t: 'sub', topic: NORTH, presence: true });
    await sees(plain, [asha, ravi]);
    await sees(screen, [asha, ravi]);
    expect(await plain.ask({ t: 'sub', topic: NORTH, presence: 'yes' })).toMatchObject({ t: 'err', code: 'frame.invalid' });
  });

  it('is heard by an admin who looks through a person’s eyes, at whatever gateway, and nobody takes the person to be there', async () => {
    const [here, there] = await two();
    const watchers = [await arrive(here, asha), await arrive(there, mina)];
    const eyes = await here.screen(await world.token(ravi, { actor: id(10) }));
    expect(await eyes.ask({ t: 'sub', topic: NORTH, presence: true })).toMatchObject({ t: 'subd' });
    await Promise.all([eyes, ...watchers].map((screen) => sees(screen, [asha, mina])));
    // Whoever comes afterwards is seen, so that the admin would have been.
    await arrive(here, id(11));
    await Promise.all([eyes, ...watchers].map((screen) => sees(screen, [asha, mina, id(11)])));
    for (const screen of [eyes, ...watchers]) expect(told(screen).flatMap(({ join }) => join)).not.toContain(ravi);
  });

  it('is one for all screens of a person, wherever they are, until the last is gone', async () => {
    const [here, there] = await two();
    const watcher = await arrive(here, asha);
    const screens = [await arrive(here, ravi), await arrive(here, ravi), await arrive(there, ravi)];
    await sees(watcher, [asha, ravi]);
    for (const screen of screens.slice(0, 2)) screen.leave();
    await arrive(here, mina);
    await sees(watcher, [asha, ravi, mina]);
    await arrive(there, id(10));
    await sees(watcher, [asha, ravi, mina, id(10)]);
    expect(differences(watcher).flatMap(({ leave }) => leave)).toEqual([]);
    screens[2]!.leave();
    await sees(watcher, [asha, mina, id(10)]);
    expect(differences(watcher).flatMap(({ join }) => join)).toEqual([ravi, mina, id(10)]);
  });

  it('does not flicker when somebody comes back at once, and whoever resumes is told the whole again', async () => {
    const [here, there] = await two();
    const watcher = await arrive(here, asha);
    for (const [before, after] of [[here, here], [here, there]] as const) {
      const [screen, leaving] = [await arrive(before, ravi), await arrive(before, mina)];
      const since = String((await screen.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to']);
      await sees(watcher, [asha, ravi, mina]);
      leaving.leave();
      screen.leave();
      const again = await after.screen(await world.token(ravi));
      expect(await again.ask({ t: 'sub', topic: NORTH, since, presence: true })).toMatchObject({ t: 'subd', recovered: true });
      expect(await again.until(({ t }) => t === 'pres')).toMatchObject({ snapshot: true });
      // Who left at the same moment and stayed away shows that the time to come back has passed.
      await sees(watcher, [asha, ravi]);
      expect(differences(watcher).flatMap(({ leave }) => leave)).not.toContain(ravi);
    }
  });

  it('ends with the right to it', async () => {
    const [here, there] = await two();
    const watcher = await arrive(here, asha);
    const removed = await arrive(there, ravi);
    await sees(watcher, [asha, ravi]);
    await world.say(PilotDismissed, { pilotId: ravi, dock: 'north' });
    await removed.until(({ t, code }) => t === 'unsub' && code === 'topic.forbidden');
    await sees(watcher, [asha]);
    const heard = told(removed).length;
    await arrive(here, mina);
    await sees(watcher, [asha, mina]);
    expect(told(removed)).toHaveLength(heard);
  });

  it('comes with the right alone', async () => {
    const gateway = await world.gateway();
    const screen = await gateway.screen(await world.token(asha));
    expect(await screen.ask({ t: 'sub', topic: 'dock:closed', presence: true })).toMatchObject({ t: 'err', code: 'topic.forbidden' });
    const own = `person:${asha}`;
    await screen.ask({ t: 'sub', topic: own, presence: true });
    await sees(screen, [asha], { topic: own });
    expect(told(screen, 'dock:closed')).toEqual([]);
  });

  it('of fifty who come and go at once is told at most once a second, and in the end all know the same', async () => {
    const gateways = await two();
    const watcher = await arrive(gateways[0], asha);
    const times: number[] = [];
    watcher.socket.on('message', (data) => void (String(data).includes('"t":"pres"') && times.push(performance.now())));
    const people = Array.from({ length: 50 }, (_, n) => id(100 + n));
    const screens = await Promise.all(people.map((personId, n) => arrive(gateways[n % 2]!, personId)));
    await sees(watcher, [asha, ...people]);
    await Promise.all(screens.slice(0, 25).map(async (screen, n) => (n % 2 === 0 ? screen.leave() : screen.ask({ t: 'unsub', topic: NORTH }))));
    const left = [asha, ...people.slice(25)];
    await Promise.all([watcher, ...screens.slice(25)].map((screen) => sees(screen, left)));
    // A message that was late brings the next one nearer: together they are not more than the seconds that went by.
    expect(times.length).toBeLessThanOrEqual(Math.ceil((times.at(-1)! - times[0]!) / 1_000) + 1);
    for (const screen of [watcher, ...screens.slice(25)]) {
      const versions = told(screen).map(({ v }) => Number(v));
      expect(versions).toEqual(versions.map((_, place) => versions[0]! + place));
    }
  });

  it('is known to a gateway that starts later', async () => {
    const here = await world.gateway();
    await arrive(here, asha);
    await arrive(here, ravi);
    await sees(await arrive(await world.gateway(), mina), [asha, ravi, mina]);
  });

  it('outlasts a gateway that stops for those whom it told to come back later, and whoever came back elsewhere leaves there', async () => {
    const [here, there] = await two();
    const watcher = await arrive(here, asha);
    const moving = await arrive(there, ravi);
    await arrive(there, mina);
    const leaving = await arrive(here, id(10));
    await sees(watcher, [asha, ravi, mina, id(10)]);
    const stopped = there.process.stop();
    expect((await moving.closed).code).toBe(4001);
    await stopped;
    // Whoever leaves now and stays away shows that more time has passed than is given for a connection that broke.
    leaving.leave();
    await sees(watcher, [asha, ravi, mina]);
    const back = await arrive(here, ravi);
    await sees(back, [asha, ravi, mina]);
    await back.ask({ t: 'unsub', topic: NORTH });
    await sees(watcher, [asha, mina]);
    expect(differences(watcher).flatMap(({ leave }) => leave)).toEqual([id(10), ravi]);
    expect(differences(watcher).flatMap(({ join }) => join).filter((personId) => personId === ravi)).toHaveLength(1);
  });

  it('goes within seconds with a gateway that is killed', async () => {
    const here = await world.gateway();
    const { gateway: there, process } = await world.mortal();
    const watcher = await arrive(here, asha);
    await arrive(there, ravi);
    await sees(watcher, [asha, ravi]);
    await process.kill();
    await sees(watcher, [asha], { within: 9_000 });
  }, 30_000);

  it('outlasts a restart of NATS: nobody leaves, and whoever came meanwhile is known afterwards', async () => {
    const [here, there] = await two();
    const [watcher, other] = [await arrive(here, asha), await arrive(there, ravi)];
    await Promise.all([sees(watcher, [asha, ravi]), sees(other, [asha, ravi])]);
    const late = await there.screen(await world.token(mina));
    await world.nats.crash();
    // What concerns a person needs no owner to be asked.
    await late.ask({ t: 'sub', topic: `person:${mina}`, presence: true });
    await world.nats.restart();
    await world.reconnected();
    // Its gateway may be back a moment later, and says so: try again.
    await expect.poll(() => late.ask({ t: 'sub', topic: NORTH, presence: true })).toMatchObject({ t: 'subd' });
    await Promise.all([watcher, other, late].map((screen) => sees(screen, [asha, ravi, mina], { within: 8_000 })));
    for (const screen of [watcher, other]) expect(differences(screen).flatMap(({ leave }) => leave)).toEqual([]);
    const onHers = await arrive(here, asha, `person:${mina}`);
    await sees(onHers, [asha, mina], { topic: `person:${mina}` });
  }, 30_000);

  it('comes apart with the bus, and is whole again when that is', async () => {
    const cable = await Cable.to(world.nats.url);
    open.push(cable);
    const [here, there] = [await world.gateway(), await world.gateway({ NATS_URL: cable.url })];
    const [one, other] = [await arrive(here, asha), await arrive(there, ravi)];
    await Promise.all([sees(one, [asha, ravi]), sees(other, [asha, ravi])]);
    cable.pull();
    await Promise.all([sees(one, [asha], { within: 9_000 }), sees(other, [ravi], { within: 9_000 })]);
    await arrive(here, mina);
    cable.plugIn();
    await Promise.all([one, other].map((screen) => sees(screen, [asha, ravi, mina], { within: 9_000 })));
  }, 40_000);

  it('is the truth on every screen of two gateways after a walk at random', async () => {
    const gateways = await two();
    const topics = [NORTH, 'dock:south'];
    const people = Array.from({ length: 6 }, (_, n) => id(50 + n));
    const random = numbers(20_261_121);
    const one = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    let there: { screen: Screen; personId: string; topic: string }[] = [];
    for (let step = 0; step < 120; step++) {
      if (there.length < 4 || (random() < 0.55 && there.length < 20)) {
        const [personId, topic] = [one(people), one(topics)];
        there.push({ screen: await arrive(one(gateways), personId, topic), personId, topic });
      } else {
        const leaving = one(there);
        there = there.filter((other) => other !== leaving);
        if (random() < 0.5) leaving.screen.leave();
        else await leaving.screen.ask({ t: 'unsub', topic: leaving.topic });
      }
    }
    const truth = (topic: string) => [...new Set(there.filter((other) => other.topic === topic).map(({ personId }) => personId))];
    await Promise.all(there.map(({ screen, topic }) => sees(screen, truth(topic), { topic, within: 8_000 })));
  }, 30_000);
});

/** The same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
