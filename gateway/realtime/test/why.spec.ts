import { Asker, Cursors, RESTORED, within } from '@mela/bus';
import { id, isRefusal, realtime, type Finding, type Out } from '@mela/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cable } from './cable.fixture.ts';
import { PilotDismissed, PilotPosted, SECRET, ShipLogged, World, type Gateway } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';
import type { Screen } from './screen.fixture.ts';

const [asha, ravi] = [id(7), id(8)];
const NORTH = 'dock:north';
const UNKNOWN = '01900000-0000-7000-8000-00000000dead';

describe('why somebody did not get it', () => {
  let world: World;
  let gateway: Gateway;
  let witness: Screen;
  beforeAll(async () => {
    world = await World.open();
  });
  afterEach(() => world.rest());
  afterAll(() => world.close());

  /** A gateway, and somebody who hears everything that happens in the north. */
  const open = async (settings: Record<string, string> = {}) => {
    gateway = await world.gateway(settings);
    witness = await gateway.screen(await world.token(ravi));
    await witness.listen(NORTH);
  };
  const screenOf = async (personId = asha) => gateway.screen(await world.token(personId));
  /** Asha hears the north. */
  const listening = async (settings: Record<string, string> = {}) => {
    await open(settings);
    const screen = await screenOf();
    await screen.listen(NORTH);
    return screen;
  };
  const cid = (screen: Screen) => String(screen.frames.find(({ t }) => t === 'connected')!['cid']);
  /** An event of the north that this gateway has heard. */
  const happened = async (data: Parameters<World['publish']>[0] = {}) => {
    const { id: eventId } = await world.publish(data);
    await witness.hears(eventId);
    return eventId;
  };
  const ask = async (eventId: string, personId = asha): Promise<Out<typeof realtime.why>> => {
    // Patience ends before a gateway that fell silent is forgotten.
    const answer = await new Asker({ nc: world.nc, mayAsk: new Set([realtime.why.id]), timeoutMs: 2_000 }).ask(realtime.why, { personId, eventId });
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer;
  };
  const findings = async (eventId: string): Promise<Finding[]> => (await ask(eventId)).gateways.flatMap((account) => account.findings);
  const only = async (eventId: string): Promise<Finding> => {
    const all = await findings(eventId);
    expect(all, JSON.stringify(all)).toHaveLength(1);
    return all[0]!;
  };
  /** Resumes from a cursor, or subscribes, and is up to date. */
  const back = async (since?: unknown) => {
    const screen = await screenOf();
    const answer = await screen.ask({ t: 'sub', topic: NORTH, ...(since === undefined ? {} : { since: String(since) }) });
    await screen.until(({ t, topic }) => t === 'live' && topic === NORTH);
    return { screen, answer };
  };
  /** It has read what came so far, and the gateway knows. */
  const shownAlive = (screen: Screen) => screen.ask({ t: 'unsub', topic: 'dock:elsewhere' });
  const gone = async (screen: Screen) => {
    screen.socket.close(1000);
    await screen.closed;
    await expect.poll(async () => (await gateway.metric('mela_realtime_connections'))['']).toBe(1);
  };

  it('says where and when it was delivered, and what it was', async () => {
    const screen = await listening();
    const eventId = await happened();
    const { gateways, silent } = await ask(eventId);
    expect(silent).toEqual([]);
    expect(gateways).toMatchObject([{ event: { type: 'ship.sighted', topics: [NORTH], storedAt: expect.stringMatching(/Z$/) }, passedOver: null }]);
    expect(gateways[0]!.findings).toEqual([{ verdict: 'delivered', connection: cid(screen), topic: NORTH, at: gateways[0]!.event!.storedAt, code: null, waiting: null }]);
  });

  it('says so for each connection and topic', async () => {
    const screens = [await listening(), await screenOf()];
    const eventId = await happened({ pilotId: asha });
    const all = await findings(eventId);
    expect(all.map(({ verdict, connection, topic }) => [connection, topic, verdict])).toEqual([
      [cid(screens[0]!), NORTH, 'delivered'], [cid(screens[0]!), `person:${asha}`, 'delivered'],
      [cid(screens[1]!), NORTH, 'not_subscribed'], [cid(screens[1]!), `person:${asha}`, 'delivered'],
    ]);
  });

  it('still knows when the connection is gone', async () => {
    const screen = await listening();
    const eventId = await happened();
    const connection = cid(screen);
    await gone(screen);
    expect(await only(eventId)).toMatchObject({ verdict: 'delivered', connection });
  });

  it('says that nobody was connected, and how the last connection ended', async () => {
    await open();
    expect(await only(await happened())).toEqual({ verdict: 'not_connected', connection: null, topic: null, at: null, code: null, waiting: null });
    const screen = await screenOf();
    const connection = cid(screen);
    await gone(screen);
    expect(await only(await happened())).toMatchObject({ verdict: 'not_connected', connection, code: '1000', at: expect.any(String) });
  });

  it('says that it was told on coming back', async () => {
    const screen = await listening();
    const { c } = await screen.hears(await happened());
    await gone(screen);
    const missed = await happened();
    const { screen: again } = await back(c);
    expect((await findings(missed)).map(({ verdict, connection }) => [verdict, connection])).toEqual([['not_connected', expect.any(String)], ['replayed', cid(again)]]);
  });

  it.each([
    ['that the client brought no cursor', undefined, 'subscribed_later'],
    ['that its cursor means nothing', 'nonsense', 'not_recovered'],
  ] as const)('says %s', async (_what, cursor, verdict) => {
    await open();
    const eventId = await happened();
    const { screen } = await back(cursor);
    expect((await findings(eventId)).at(-1)).toMatchObject({ verdict, connection: cid(screen), topic: NORTH });
  });

  it('says that the client’s own cursor lies behind it', async () => {
    await open();
    const eventId = await happened();
    const { screen } = await back((await witness.hears(await happened()))['c']);
    expect((await findings(eventId)).at(-1)).toMatchObject({ verdict: 'resumed_later', connection: cid(screen) });
  });

  it('says that the right began later', async () => {
    await open();
    const start = (await witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
    const eventId = await happened();
    const { id: posted } = await world.say(PilotPosted, { pilotId: asha, dock: 'north' });
    await witness.hears(posted);
    await back(start);
    expect((await findings(eventId)).at(-1)).toMatchObject({ verdict: 'right_later', topic: NORTH });
    await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
  });

  it('says that the owner refused, and why', async () => {
    await open();
    const screen = await screenOf();
    expect(await screen.ask({ t: 'sub', topic: 'dock:closed' })).toMatchObject({ t: 'err' });
    const { id: eventId } = await world.publish({ dock: 'closed' });
    await happened();
    expect(await only(eventId)).toMatchObject({ verdict: 'refused', code: 'topic.forbidden', topic: 'dock:closed', connection: cid(screen) });
  });

  it('says that the right was taken away, and that the event which took it was heard', async () => {
    const screen = await listening();
    const { id: dismissed } = await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
    await screen.until(({ t }) => t === 'unsub');
    const eventId = await happened();
    expect(await only(eventId)).toMatchObject({ verdict: 'revoked', topic: NORTH, connection: cid(screen) });
    expect((await findings(dismissed)).map(({ verdict }) => verdict)).toEqual(['delivered', 'delivered']);
  });

  it('says that the topic was given up, or never asked for', async () => {
    const screen = await listening();
    await screen.ask({ t: 'unsub', topic: NORTH });
    expect(await only(await happened())).toMatchObject({ verdict: 'unsubscribed', topic: NORTH });
    const { id: eventId } = await world.publish({ dock: 'south' });
    await happened();
    expect(await only(eventId)).toMatchObject({ verdict: 'not_subscribed', topic: 'dock:south' });
  });

  it('takes the nearest of several subscriptions to one topic', async () => {
    const screen = await listening({ REALTIME_FRAMES_PER_SECOND: '10000' });
    await screen.ask({ t: 'unsub', topic: NORTH });
    await screen.listen(NORTH);
    expect(await only(await happened())).toMatchObject({ verdict: 'delivered' });
    for (let n = 0; n < 150; n++) {
      await screen.ask({ t: 'unsub', topic: NORTH });
      await screen.listen(NORTH);
    }
    expect(await only(await happened())).toMatchObject({ verdict: 'delivered' });
  });

  it('says that it waits while the owner is asked', async () => {
    await open();
    const screen = await screenOf();
    let grant!: () => void;
    const reached = new Promise<void>((resolve) => {
      world.master = () => {
        resolve();
        return new Promise((answer) => (grant = () => answer(undefined)));
      };
    });
    screen.say({ t: 'sub', topic: NORTH });
    await reached;
    const eventId = await happened();
    expect(await only(eventId)).toMatchObject({ verdict: 'buffered', topic: NORTH });
    grant();
    await screen.hears(eventId);
    expect(await only(eventId)).toMatchObject({ verdict: 'delivered' });
  });

  it('says what waits to be read, and what was read before', async () => {
    const screen = await listening();
    const before = await happened();
    screen.socket.pause();
    const events: string[] = [];
    // What the kernel keeps for a sleeper is a few megabytes: more is written until something waits.
    do events.push(await happened({ note: 'x'.repeat(400_000) }));
    while ((await only(events.at(-1)!)).verdict !== 'buffered');
    expect(await only(events.at(-1)!)).toMatchObject({ waiting: expect.toSatisfy((bytes: number) => bytes > 0) });
    expect(await only(before)).toMatchObject({ verdict: 'delivered' });
    screen.socket.resume();
    await screen.hears(events.at(-1)!);
    await expect.poll(() => only(events.at(-1)!)).toMatchObject({ verdict: 'delivered' });
  });

  it('says what waits for its turn while the past is told, and that the connection ended meanwhile', async () => {
    await open({ REALTIME_MAX_BUFFERED: '65536' });
    const start = (await witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
    let last = '';
    for (let n = 0; n < 40; n++) last = await happened({ note: 'x'.repeat(400_000) });
    const screen = await screenOf();
    screen.socket.pause();
    screen.say({ t: 'sub', topic: NORTH, since: String(start) });
    await expect.poll(async () => (await findings(last)).at(-1)).toMatchObject({ verdict: 'buffered', connection: cid(screen), waiting: expect.any(Number) });
    screen.leave();
    await expect.poll(async () => (await findings(last)).at(-1)).toMatchObject({ verdict: 'interrupted', code: '1006' });
  });

  it('says what a reader that was too slow has lost, and what not', async () => {
    const screen = await listening({ REALTIME_MAX_BUFFERED: '65536' });
    const events = [await happened()];
    await shownAlive(screen);
    const sleeping = new Promise((resolve) => screen.socket.once('close', resolve));
    screen.socket.pause();
    do events.push(await happened({ note: 'x'.repeat(400_000) }));
    while ((await only(events.at(-1)!)).verdict !== 'dropped');
    const after = await happened();
    // It sleeps on until the gateway gives it up: what waited was never read.
    await expect.poll(() => gateway.metric('mela_realtime_closed_total'), { timeout: 10_000 }).toEqual({ '{code="4008"}': 1 });
    expect(await only(events.at(-1)!)).toMatchObject({ verdict: 'dropped', code: '4008', connection: cid(screen), waiting: expect.toSatisfy((bytes: number) => bytes > 65_536) });
    expect(await only(events.at(-2)!)).toMatchObject({ verdict: 'dropped' });
    expect(await only(events[0]!)).toMatchObject({ verdict: 'delivered' });
    expect(await only(after)).toMatchObject({ verdict: 'not_connected', code: '4008' });
    screen.leave();
    await sleeping;
  }, 30_000);

  it('says what was written to somebody who had gone away without a word', async () => {
    const screen = await listening({ REALTIME_PING_MS: '1500', REALTIME_PONG_MS: '1000' });
    const heard = await happened();
    screen.answersPings = false;
    await shownAlive(screen);
    screen.socket.pause();
    const eventId = await happened();
    await expect.poll(() => gateway.metric('mela_realtime_closed_total'), { timeout: 15_000 }).toEqual({ '{code="4012"}': 1 });
    expect(await only(eventId)).toMatchObject({ verdict: 'unconfirmed', code: '4012' });
    expect(await only(heard)).toMatchObject({ verdict: 'delivered' });
    screen.leave();
  });

  it('says that the event concerns no topic', async () => {
    await listening();
    const { id: eventId } = await world.say(ShipLogged, { shipId: id(1) });
    await happened();
    expect((await ask(eventId)).gateways).toMatchObject([{ event: { topics: [], type: 'ship.logged' }, findings: [] }]);
  });

  it('says why an event was passed over', async () => {
    await listening();
    const attributes = (more: Record<string, string>) => ({
      'ce-specversion': '1.0', 'ce-type': 'ship.sighted', 'ce-source': '/mela/harbour', 'ce-subject': id(1), 'ce-time': new Date().toISOString(), 'ce-aggregateversion': '1', ...more,
    });
    const good = JSON.stringify({ shipId: id(1), dock: 'north' });
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(501) }), good);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(501) }), good);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(502) }), '{"shipId":7}');
    await happened();
    expect((await ask(id(501))).gateways).toMatchObject([{ passedOver: 'repeat', findings: [{ verdict: 'delivered' }] }]);
    expect((await ask(id(502))).gateways).toMatchObject([{ event: null, passedOver: 'unreadable', findings: [] }]);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(503), [RESTORED]: '1' }), good);
    await expect.poll(async () => (await ask(id(503))).gateways).toMatchObject([{ event: null, passedOver: 'put_back' }]);
  });

  it('does not know an event that nobody told it of, and says since when it would', async () => {
    const began = Date.now();
    await open();
    const { gateways: [account] } = await ask(UNKNOWN);
    expect(account).toMatchObject({ event: null, passedOver: null, findings: [] });
    expect(Date.parse(account!.knowsSince.connections)).toBeGreaterThanOrEqual(began);
  });

  it('does not say more of what happened before the gateway began than it knows', async () => {
    await open();
    const eventId = await happened();
    const start = new Cursors(SECRET).open(String((await witness.hears(eventId))['c']))!;
    await world.rest();
    await open();
    expect(await only(eventId)).toMatchObject({ verdict: 'forgotten', at: expect.any(String) });
    const { screen } = await back(new Cursors(SECRET).sign({ ...start, seq: start.seq - 1 }));
    expect((await findings(eventId)).at(-1)).toMatchObject({ verdict: 'replayed', connection: cid(screen) });
  });

  it('asks every gateway, and names those that do not answer', async () => {
    const cable = await Cable.to(world.nats.url);
    try {
      const screen = await listening();
      const other = await world.gateway({ NATS_URL: cable.url });
      const there = await other.screen(await world.token(asha));
      const eventId = await happened();
      const settled = () => expect.poll(() => findings(eventId).then((all) => all.map(({ verdict, connection }) => [verdict, connection])));
      await settled().toEqual(expect.arrayContaining([['delivered', cid(screen)], ['not_subscribed', cid(there)]]));
      const { gateways } = await ask(eventId);
      expect(gateways).toHaveLength(2);
      cable.pull();
      // Until NATS notices, the question may be given to the very one that is cut off.
      const answer = () => ask(eventId).catch((error: Error) => error.message);
      await expect.poll(answer, { timeout: 15_000 }).toMatchObject({ gateways: [{}] });
      const { gateways: left, silent } = await ask(eventId);
      expect([left, silent].map((list) => list.length)).toEqual([1, 1]);
      expect(silent).toEqual(gateways.map((account) => account.gateway).filter((name) => name !== left[0]!.gateway));
    } finally {
      await cable.close();
    }
  }, 40_000);

  describe('of a client that remembers one cursor', () => {
    const ask = async (path: string) => Page.ask(`${gateway.http}/realtime/${path}`, { token: await world.token(asha) });
    const streamed = async (query = '') => Page.open(`${gateway.http}/realtime/events?topics=${NORTH}${query}`, { token: await world.token(asha) });
    const cidOf = (page: Page) => String(page.frames.find(({ t }) => t === 'connected')!['cid']);
    const verdicts = async (eventId: string) => (await findings(eventId)).filter(({ topic }) => topic === NORTH || topic === null).map(({ verdict }) => verdict);

    it('says that a stream delivered it, and to which page', async () => {
      await open();
      const page = await streamed();
      await page.live(NORTH);
      const eventId = await happened();
      await page.hears(eventId);
      expect(await only(eventId)).toMatchObject({ verdict: 'delivered', connection: cidOf(page), topic: NORTH });
      page.leave();
    });

    it('does not say that a page has read what it never confirmed, until its cursor says so', async () => {
      await open();
      const page = await streamed();
      await page.live(NORTH);
      const eventId = await happened();
      await page.hears(eventId);
      page.leave();
      await expect.poll(() => only(eventId)).toMatchObject({ verdict: 'unconfirmed', connection: cidOf(page), code: '1006' });
      const missed = await happened();
      const again = await streamed(`&since=${page.lastEventId}`);
      await again.hears(missed);
      expect(await verdicts(eventId)).toEqual(['unconfirmed', 'resumed_later']);
      expect((await findings(missed)).at(-1)).toMatchObject({ verdict: 'replayed', connection: cidOf(again) });
      again.leave();
    });

    it('says that the right to it was taken away, and that it was refused', async () => {
      await open();
      const page = await Page.open(`${gateway.http}/realtime/events?topics=${NORTH},dock:closed`, { token: await world.token(asha) });
      await page.live(NORTH);
      await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
      await page.until(({ t, code }) => t === 'unsub' && code === 'topic.forbidden');
      expect(await only(await happened())).toMatchObject({ verdict: 'revoked', topic: NORTH });
      const { id: behindClosedDoors } = await world.publish({ dock: 'closed' });
      await happened();
      expect(await only(behindClosedDoors)).toMatchObject({ verdict: 'refused', code: 'topic.forbidden' });
      page.leave();
    });

    it('says what waits for a page that does not read, and what it has lost', async () => {
      await open({ REALTIME_MAX_BUFFERED: '1048576' });
      const page = await streamed();
      await page.live(NORTH);
      const events = [await happened()];
      page.response.pause();
      const until = async (verdict: string) => {
        do events.push(await happened({ note: 'x'.repeat(400_000) }));
        while ((await only(events.at(-1)!)).verdict !== verdict);
      };
      await until('buffered');
      expect(await only(events.at(-1)!)).toMatchObject({ waiting: expect.toSatisfy((bytes: number) => bytes > 0) });
      expect(await only(events[0]!)).toMatchObject({ verdict: 'delivered' });
      await until('dropped');
      expect(await only(events.at(-1)!)).toMatchObject({ code: '4008', connection: cidOf(page) });
      expect(await only(events[0]!)).toMatchObject({ verdict: 'unconfirmed', code: '4008' });
      page.leave();
    });

    it('says what waits for its turn while the past is told, and that the stream ended meanwhile', async () => {
      await open({ REALTIME_MAX_BUFFERED: '65536' });
      const start = (await witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
      const first = await happened();
      let last = '';
      for (let n = 0; n < 40; n++) last = await happened({ note: 'x'.repeat(400_000) });
      const page = await streamed(`&since=${String(start)}`);
      await page.until(({ t }) => t === 'connected');
      page.response.pause();
      await expect.poll(async () => (await findings(last)).at(-1)).toMatchObject({ verdict: 'buffered', connection: cidOf(page), waiting: expect.any(Number) });
      await expect.poll(async () => (await findings(first)).at(-1)).toMatchObject({ verdict: 'replayed' });
      page.leave();
      await expect.poll(async () => (await findings(last)).at(-1)).toMatchObject({ verdict: 'interrupted', code: '1006' });
    });

    it('says in which poll it was told, and once that the next one knew of it', async () => {
      await open();
      const first = (await ask(`poll?topics=${NORTH}`)).body;
      const eventId = await happened();
      const second = (await ask(`poll?topics=${NORTH}&since=${String(first['next'])}`)).body;
      expect(second).toMatchObject({ frames: [{ id: eventId }] });
      expect(await verdicts(eventId)).toEqual(['not_connected', 'unconfirmed']);
      for (let polls = 0; polls < 3; polls++) await ask(`poll?topics=${NORTH}&since=${String(second['next'])}&wait=0`);
      expect(await verdicts(eventId)).toEqual(['not_connected', 'unconfirmed', 'resumed_later']);
    });

    it('does not say that a poll told what came after its answer', async () => {
      await open();
      const { next } = (await ask(`poll?topics=${NORTH}`)).body;
      await ask(`poll?topics=${NORTH}&since=${String(next)}&wait=0`);
      expect(await verdicts(await happened())).toEqual(['not_connected']);
    });
  });

  it('is for services alone', async () => {
    await open();
    const token = await world.token(asha);
    const asker = new Asker({ nc: world.nc, mayAsk: new Set([realtime.why.id]) });
    const answer = await within({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', token }, () => asker.ask(realtime.why, { personId: asha, eventId: UNKNOWN }));
    expect(answer).toMatchObject({ refused: true, code: 'access.denied' });
    expect(realtime.why.http).toBeUndefined();
  });
});
