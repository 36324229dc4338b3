import { Asker, Cursors, RESTORED, within } from '@mela/bus';
import { id, realtime } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { Cable } from './cable.fixture.ts';
import { openHarbour, PilotDismissed, PilotPosted, SECRET, ShipLogged } from './harbour.fixture.ts';
import { asha, cid, Inquiry, NORTH, ravi } from './inquiry.fixture.ts';

const UNKNOWN = '01900000-0000-7000-8000-00000000dead';

describe('why somebody did not get it', () => {
  const world = openHarbour();
  const at = new Inquiry(world);

  it('says where and when it was delivered, and what it was', async () => {
    const screen = await at.listening();
    const eventId = await at.happened();
    const { gateways, silent } = await at.ask(eventId);
    expect(silent).toEqual([]);
    expect(gateways).toMatchObject([{ event: { type: 'ship.sighted', topics: [NORTH], storedAt: expect.stringMatching(/Z$/) }, passedOver: null }]);
    expect(gateways[0]!.findings).toEqual([{ verdict: 'delivered', connection: cid(screen), topic: NORTH, at: gateways[0]!.event!.storedAt, code: null, waiting: null }]);
  });

  it('says so for each connection and topic', async () => {
    const screens = [await at.listening(), await at.screenOf()];
    const eventId = await at.happened({ pilotId: asha });
    const all = await at.findings(eventId);
    expect(all.map(({ verdict, connection, topic }) => [connection, topic, verdict])).toEqual([
      [cid(screens[0]!), NORTH, 'delivered'], [cid(screens[0]!), `person:${asha}`, 'delivered'],
      [cid(screens[1]!), NORTH, 'not_subscribed'], [cid(screens[1]!), `person:${asha}`, 'delivered'],
    ]);
  });

  it('says so where the topic had been given up and asked for again before its owner answered', async () => {
    await at.open();
    const screen = await at.screenOf();
    let release!: () => void;
    const reached = new Promise<void>((resolve) => {
      world.master = () => {
        resolve();
        return new Promise((answer) => (release = () => answer(undefined)));
      };
    });
    screen.say({ i: 80, t: 'sub', topic: NORTH });
    await reached;
    world.master = () => undefined;
    screen.say({ i: 81, t: 'unsub', topic: NORTH });
    await screen.listen(NORTH);
    release();
    await screen.until(({ i }) => i === 80);
    const eventId = await at.happened();
    await screen.hears(eventId);
    expect(await at.only(eventId)).toMatchObject({ verdict: 'delivered', connection: cid(screen) });
  });

  it('says which connection was an admin’s who looked through the person’s eyes, and that the person had none', async () => {
    await at.open();
    const eyes = await at.gateway.screen(await world.token(asha, { actor: ravi }));
    await eyes.listen(NORTH);
    const heardByAdmin = { verdict: 'delivered', connection: cid(eyes), topic: NORTH, impersonator: ravi };
    expect(await at.findings(await at.happened())).toMatchObject([{ verdict: 'not_connected', connection: null }, heardByAdmin]);
    const screen = await at.screenOf();
    await screen.listen(NORTH);
    const [first, second, ...others] = await at.findings(await at.happened());
    expect([first, second, others]).toMatchObject([heardByAdmin, { verdict: 'delivered', connection: cid(screen) }, []]);
    expect(second).not.toHaveProperty('impersonator');
  });

  it('still knows when the connection is gone', async () => {
    const screen = await at.listening();
    const eventId = await at.happened();
    const connection = cid(screen);
    await at.gone(screen);
    expect(await at.only(eventId)).toMatchObject({ verdict: 'delivered', connection });
  });

  it('says that nobody was connected, and how the last connection ended', async () => {
    await at.open();
    expect(await at.only(await at.happened())).toEqual({ verdict: 'not_connected', connection: null, topic: null, at: null, code: null, waiting: null });
    const screen = await at.screenOf();
    const connection = cid(screen);
    await at.gone(screen);
    expect(await at.only(await at.happened())).toMatchObject({ verdict: 'not_connected', connection, code: '1000', at: expect.any(String) });
  });

  it('says that it was told on coming back', async () => {
    const screen = await at.listening();
    const { c } = await screen.hears(await at.happened());
    await at.gone(screen);
    const missed = await at.happened();
    const { screen: again } = await at.back(c);
    expect((await at.findings(missed)).map(({ verdict, connection }) => [verdict, connection])).toEqual([['not_connected', expect.any(String)], ['replayed', cid(again)]]);
  });

  it.each([
    ['that the client brought no cursor', undefined, 'subscribed_later'],
    ['that its cursor means nothing', 'nonsense', 'not_recovered'],
  ] as const)('says %s', async (_what, cursor, verdict) => {
    await at.open();
    const eventId = await at.happened();
    const { screen } = await at.back(cursor);
    expect((await at.findings(eventId)).at(-1)).toMatchObject({ verdict, connection: cid(screen), topic: NORTH });
  });

  it('says that the client’s own cursor lies behind it', async () => {
    await at.open();
    const eventId = await at.happened();
    const { screen } = await at.back((await at.witness.hears(await at.happened()))['c']);
    expect((await at.findings(eventId)).at(-1)).toMatchObject({ verdict: 'resumed_later', connection: cid(screen) });
  });

  it('says that the right began later', async () => {
    await at.open();
    const start = (await at.witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
    const eventId = await at.happened();
    const { id: posted } = await world.say(PilotPosted, { pilotId: asha, dock: 'north' });
    await at.witness.hears(posted);
    await at.back(start);
    expect((await at.findings(eventId)).at(-1)).toMatchObject({ verdict: 'right_later', topic: NORTH });
    await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
  });

  it('says that the owner refused, and why', async () => {
    await at.open();
    const screen = await at.screenOf();
    expect(await screen.ask({ t: 'sub', topic: 'dock:closed' })).toMatchObject({ t: 'err' });
    const { id: eventId } = await world.publish({ dock: 'closed' });
    await at.happened();
    expect(await at.only(eventId)).toMatchObject({ verdict: 'refused', code: 'topic.forbidden', topic: 'dock:closed', connection: cid(screen) });
  });

  it('says that the right was taken away, and that the event which took it was heard', async () => {
    const screen = await at.listening();
    const { id: dismissed } = await world.say(PilotDismissed, { pilotId: asha, dock: 'north' });
    await screen.until(({ t }) => t === 'unsub');
    const eventId = await at.happened();
    expect(await at.only(eventId)).toMatchObject({ verdict: 'revoked', topic: NORTH, connection: cid(screen) });
    expect((await at.findings(dismissed)).map(({ verdict }) => verdict)).toEqual(['delivered', 'delivered']);
  });

  it('says that the topic was given up, or never asked for', async () => {
    const screen = await at.listening();
    await screen.ask({ t: 'unsub', topic: NORTH });
    expect(await at.only(await at.happened())).toMatchObject({ verdict: 'unsubscribed', topic: NORTH });
    const { id: eventId } = await world.publish({ dock: 'south' });
    await at.happened();
    expect(await at.only(eventId)).toMatchObject({ verdict: 'not_subscribed', topic: 'dock:south' });
  });

  it('takes the nearest of several subscriptions to one topic', async () => {
    const screen = await at.listening({ REALTIME_FRAMES_PER_SECOND: '10000' });
    await screen.ask({ t: 'unsub', topic: NORTH });
    await screen.listen(NORTH);
    expect(await at.only(await at.happened())).toMatchObject({ verdict: 'delivered' });
    for (let n = 0; n < 150; n++) {
      await screen.ask({ t: 'unsub', topic: NORTH });
      await screen.listen(NORTH);
    }
    expect(await at.only(await at.happened())).toMatchObject({ verdict: 'delivered' });
  });

  it('says that it waits while the owner is asked', async () => {
    await at.open();
    const screen = await at.screenOf();
    let grant!: () => void;
    const reached = new Promise<void>((resolve) => {
      world.master = () => {
        resolve();
        return new Promise((answer) => (grant = () => answer(undefined)));
      };
    });
    screen.say({ t: 'sub', topic: NORTH });
    await reached;
    const eventId = await at.happened();
    expect(await at.only(eventId)).toMatchObject({ verdict: 'buffered', topic: NORTH });
    grant();
    await screen.hears(eventId);
    expect(await at.only(eventId)).toMatchObject({ verdict: 'delivered' });
  });

  it('says that the event concerns no topic', async () => {
    await at.listening();
    const { id: eventId } = await world.say(ShipLogged, { shipId: id(1) });
    await at.happened();
    expect((await at.ask(eventId)).gateways).toMatchObject([{ event: { topics: [], type: 'ship.logged' }, findings: [] }]);
  });

  it('says why an event was passed over', async () => {
    await at.listening();
    const attributes = (more: Record<string, string>) => ({
      'ce-specversion': '1.0', 'ce-type': 'ship.sighted', 'ce-source': '/mela/harbour', 'ce-subject': id(1), 'ce-time': new Date().toISOString(), 'ce-aggregateversion': '1', ...more,
    });
    const good = JSON.stringify({ shipId: id(1), dock: 'north' });
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(501) }), good);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(501) }), good);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(502) }), '{"shipId":7}');
    await at.happened();
    expect((await at.ask(id(501))).gateways).toMatchObject([{ passedOver: 'repeat', findings: [{ verdict: 'delivered' }] }]);
    expect((await at.ask(id(502))).gateways).toMatchObject([{ event: null, passedOver: 'unreadable', findings: [] }]);
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(503), [RESTORED]: '1' }), good);
    await expect.poll(async () => (await at.ask(id(503))).gateways).toMatchObject([{ event: null, passedOver: 'put_back' }]);
  });

  it('does not know an event that nobody told it of, and says since when it would', async () => {
    const began = Date.now();
    await at.open();
    const { gateways: [account] } = await at.ask(UNKNOWN);
    expect(account).toMatchObject({ event: null, passedOver: null, findings: [] });
    expect(Date.parse(account!.knowsSince.connections)).toBeGreaterThanOrEqual(began);
  });

  it('does not say more of what happened before the gateway began than it knows', async () => {
    await at.open();
    const eventId = await at.happened();
    const start = new Cursors(SECRET).open(String((await at.witness.hears(eventId))['c']))!;
    await world.rest();
    await at.open();
    expect(await at.only(eventId)).toMatchObject({ verdict: 'forgotten', at: expect.any(String) });
    const { screen } = await at.back(new Cursors(SECRET).sign({ ...start, seq: start.seq - 1 }));
    expect((await at.findings(eventId)).at(-1)).toMatchObject({ verdict: 'replayed', connection: cid(screen) });
  });

  it('asks every gateway, and names those that do not answer', async () => {
    const cable = await Cable.to(world.nats.url);
    try {
      const screen = await at.listening();
      const other = await world.gateway({ NATS_URL: cable.url });
      const there = await other.screen(await world.token(asha));
      const eventId = await at.happened();
      const settled = () => expect.poll(() => at.findings(eventId).then((all) => all.map(({ verdict, connection }) => [verdict, connection])));
      await settled().toEqual(expect.arrayContaining([['delivered', cid(screen)], ['not_subscribed', cid(there)]]));
      const { gateways } = await at.ask(eventId);
      expect(gateways).toHaveLength(2);
      cable.pull();
      // Until NATS notices, the question may be given to the very one that is cut off.
      const answer = () => at.ask(eventId).catch((error: Error) => error.message);
      await expect.poll(answer, { timeout: 15_000 }).toMatchObject({ gateways: [{}] });
      const { gateways: left, silent } = await at.ask(eventId);
      expect([left, silent].map((list) => list.length)).toEqual([1, 1]);
      expect(silent).toEqual(gateways.map((account) => account.gateway).filter((name) => name !== left[0]!.gateway));
    } finally {
      await cable.close();
    }
  }, 40_000);

  it('is for services alone', async () => {
    await at.open();
    const token = await world.token(asha);
    const asker = new Asker({ nc: world.nc, mayAsk: new Set([realtime.why.id]) });
    const answer = await within({ traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', token }, () => asker.ask(realtime.why, { personId: asha, eventId: UNKNOWN }));
    expect(answer).toMatchObject({ refused: true, code: 'access.denied' });
    expect(realtime.why.http).toBeUndefined();
  });
});
