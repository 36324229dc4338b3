import { connectBus, Cursors, ensureStream, FILLER_SUBJECT, RESTORED, seal, STREAM } from '@mela/bus';
import { id } from '@mela/contracts';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { openHarbour, SECRET, ShipSighted } from './harbour.fixture.ts';

describe('following the stream', () => {
  const world = openHarbour();

  const listening = async () => {
    const gateway = await world.gateway();
    const screen = await gateway.screen(await world.token(id(7)));
    await screen.listen('dock:north');
    return { gateway, screen };
  };
  const heardIn = (screen: { events(topic: string): Record<string, unknown>[] }) => screen.events('dock:north').map((frame) => frame['id']);
  const attributes = (changed: Record<string, string> = {}) => ({
    ...seal(ShipSighted, { id: id(1), version: 1 }, { shipId: id(1), dock: 'north' }, { source: '/mela/harbour' }).headers,
    ...changed,
  });

  it('begins now: what happened before is not told', async () => {
    await world.publish();
    const { screen } = await listening();
    const { id: first } = await world.publish();
    await screen.hears(first);
    expect(heardIn(screen)).toEqual([first]);
  });

  it('passes over what nobody can tell, and goes on', async () => {
    const { screen } = await listening();
    await world.store('evt.whale.surfaced.0', attributes({ 'ce-type': 'whale.surfaced' }), '{"dock":"north"}');
    await world.store('evt.whale.surfaced.0', attributes(), JSON.stringify({ shipId: id(1), dock: 'north' }));
    await world.store('evt.ship.sighted.0', {}, 'no header at all');
    await world.store('evt.ship.sighted.0', attributes(), 'not JSON');
    await world.store('evt.ship.sighted.0', attributes(), '{"dock":7}');
    await world.store('evt.ship.sighted.0', attributes(), Buffer.from([0x7b, 0xff, 0x7d]));
    await world.store('evt.ship.sighted.0', attributes({ 'ce-id': 'not an id' }), `{"shipId":"${id(1)}","dock":"north"}`);
    const { id: last } = await world.publish();
    await screen.hears(last);
    expect(heardIn(screen)).toEqual([last]);
  });

  it('tells facts that a newer writer added', async () => {
    const { screen } = await listening();
    const written = attributes();
    await world.store('evt.ship.sighted.0', written, `{"shipId":"${id(1)}","dock":"north","sails":{"red":2}}`);
    expect((await screen.hears(written['ce-id']!))['d']).toEqual({ shipId: id(1), dock: 'north', sails: { red: 2 } });
  });

  it('goes on after its consumer was taken away, without a gap', async () => {
    const { screen } = await listening();
    const told = [await world.publish()];
    await screen.hears(told[0]!.id);
    const jsm = await jetstreamManager(world.nc);
    for await (const { name } of jsm.consumers.list(STREAM)) await jsm.consumers.delete(STREAM, name);
    for (let n = 0; n < 20; n++) told.push(await world.publish());
    await screen.hears(told.at(-1)!.id);
    expect(heardIn(screen)).toEqual(told.map((event) => event.id));
  });

  it.each([
    ['stopped', () => world.nats.restart()],
    ['killed', async () => {
      await world.nats.crash();
      await world.nats.restart();
    }],
  ])('goes on after NATS was %s: nothing is lost, doubled or out of order', async (_how, restart) => {
    const { gateway, screen } = await listening();
    const told: { id: string; seq: number }[] = [];
    const publish = async (nc?: NatsConnection) => {
      for (let n = 0; n < 20; n++) told.push(await world.publish({}, nc));
    };
    await publish();
    await restart();
    // A new connection is quicker than the gateway's way back: the gateway misses these and has to catch up.
    const quick = await connectBus({ url: world.nats.url, name: 'quick' });
    await publish(quick);
    await screen.hears(told.at(-1)!.id);
    await publish(quick);
    await screen.hears(told.at(-1)!.id);
    await quick.close();
    expect(screen.events('dock:north').map((frame) => frame['id'])).toEqual(told.map((event) => event.id));
    const cursors = new Cursors(SECRET);
    expect(screen.events('dock:north').map((frame) => cursors.open(String(frame['c']))!.seq)).toEqual(told.map(({ seq }) => seq));
    await expect.poll(async () => (await fetch(`${gateway.http}/health/ready`)).status).toBe(200);
  });

  it('says that it is not ready while there is no bus', async () => {
    const { gateway, screen } = await listening();
    await world.nats.crash();
    await expect.poll(async () => (await fetch(`${gateway.http}/health/ready`)).status, { timeout: 10_000 }).toBe(503);
    expect(await (await fetch(`${gateway.http}/health/ready`)).json()).toMatchObject({ checks: { 'realtime.sessions': { fault: expect.any(String) }, 'realtime.stream': { fault: expect.any(String) } } });
    expect(await screen.ask({ t: 'unsub', topic: 'dock:north' })).toMatchObject({ t: 'unsub' });
    await world.nats.restart();
    await expect.poll(async () => (await fetch(`${gateway.http}/health/ready`)).status, { timeout: 10_000 }).toBe(200);
  });

  it('tells everybody to begin anew when the stream is another', async () => {
    const { gateway, screen } = await listening();
    await screen.hears((await world.publish()).id);
    const jsm = await jetstreamManager(world.nc);
    await jsm.streams.delete(STREAM);
    await ensureStream(world.nc);
    const first = await world.publish();
    expect((await screen.closed).code).toBe(4010);
    const again = await gateway.screen(await world.token(id(7)));
    const { to } = await again.ask({ t: 'sub', topic: 'dock:north' });
    expect(new Cursors(SECRET).open(String(to))!.seq).toBe(first.seq);
    const next = await world.publish();
    await again.hears(next.id);
  });

  it('tells everybody to begin anew when the stream lost its end and grew beyond it again with other events', async () => {
    const { gateway, screen } = await listening();
    await screen.hears((await world.publish()).id);
    await world.dies({ kept: 'then' });
    const quick = await connectBus({ url: world.nats.url, name: 'quick' });
    const lost = [await world.publish({}, quick), await world.publish({}, quick)];
    await screen.hears(lost[1]!.id);
    await quick.close();
    await world.dies({ lost: 'then' });
    // Quicker than the gateway's way back: when it looks, the stream is longer than it has ever known it.
    const quicker = await connectBus({ url: world.nats.url, name: 'quicker' });
    const others = [await world.publish({}, quicker), await world.publish({}, quicker), await world.publish({}, quicker)];
    expect(others.map(({ seq }) => seq)).toEqual([lost[0]!.seq, lost[1]!.seq, lost[1]!.seq + 1]);
    expect((await screen.closed).code).toBe(4010);
    await world.reconnected();
    const again = await gateway.screen(await world.token(id(7)));
    await again.listen('dock:north');
    const next = await world.publish({}, quicker);
    await again.hears(next.id);
    expect(heardIn(again)).toEqual([next.id]);
    await quicker.close();
  });

  it('tells everybody once to begin anew when the stream was broken and is made whole, and what is put back is no news', async () => {
    const { gateway, screen } = await listening();
    const before = await world.publish();
    const { c } = await screen.hears(before.id);
    const restored = (n: number) => world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(300 + n), [RESTORED]: '1' }), `{"shipId":"${id(1)}","dock":"north"}`);
    for (let n = 0; n < 3; n++) await world.store(FILLER_SUBJECT, {}, '');
    await restored(0);
    expect((await screen.closed).code).toBe(4010);
    const again = await gateway.screen(await world.token(id(7)));
    await restored(1);
    expect(await again.ask({ t: 'sub', topic: 'dock:north', since: String(c) })).toMatchObject({ t: 'subd', recovered: false });
    await restored(2);
    const next = await world.publish();
    await again.hears(next.id);
    expect(heardIn(again)).toEqual([next.id]);
    // From the near side of the break it goes on as ever, on a gateway that was not there, too.
    const other = await (await world.gateway()).screen(await world.token(id(7)));
    const last = await world.publish();
    const { c: near } = await again.hears(next.id);
    expect(await other.ask({ t: 'sub', topic: 'dock:north', since: String(near) })).toMatchObject({ recovered: true });
    await other.hears(last.id);
    expect(heardIn(other)).toEqual([last.id]);
    expect(await other.ask({ t: 'sub', topic: 'berth:1', since: String(c) })).toMatchObject({ recovered: false });
  });

  it.each([
    ['a filler', () => world.store(FILLER_SUBJECT, {}, '')],
    ['what was put back', () => world.store('evt.ship.sighted.0', attributes({ 'ce-id': id(400), [RESTORED]: '1' }), `{"shipId":"${id(1)}","dock":"north"}`)],
  ])('does not tell of the same break again when NATS comes back, though its end is %s', async (_end, breakAgain) => {
    const { gateway, screen } = await listening();
    await screen.hears((await world.publish()).id);
    await world.store(FILLER_SUBJECT, {}, '');
    await breakAgain();
    expect((await screen.closed).code).toBe(4010);
    const toldAt = performance.now();
    const again = await gateway.screen(await world.token(id(7)));
    await again.listen('dock:north');
    // Until then more of the same break is expected, and told to nobody.
    await expect.poll(() => performance.now() - toldAt, { timeout: 5_000 }).toBeGreaterThan(2_500);
    await world.nats.restart();
    const quick = await connectBus({ url: world.nats.url, name: 'quick' });
    const next = await world.publish({}, quick);
    await again.hears(next.id);
    await quick.close();
    expect(heardIn(again)).toEqual([next.id]);
    expect(again.socket.readyState).toBe(again.socket.OPEN);
  });
});
