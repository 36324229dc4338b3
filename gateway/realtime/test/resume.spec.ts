import { Cursors } from '@mela/bus';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour, SECRET, type Gateway } from './harbour.fixture.ts';
import type { Frame, Screen } from './screen.fixture.ts';

describe('coming back after a break', () => {
  const world = openHarbour();

  const cursors = new Cursors(SECRET);
  const heard = (screen: Screen, topic = 'dock:north') => screen.events(topic).map((frame) => frame['id']);
  const publish = async (count: number, data = {}) => {
    const told = [];
    for (let n = 0; n < count; n++) told.push(await world.publish(data));
    return told;
  };
  const ids = (told: readonly { id: string }[]) => told.map((event) => event.id);
  /** Connects anew from where another left off, and answers what the gateway said. */
  const backOn = async (gateway: Gateway, since: unknown) => {
    const screen = await gateway.screen(world.pilotsToken);
    const answer = await screen.ask({ t: 'sub', topic: 'dock:north', since: String(since) });
    await screen.until((frame) => frame.t === 'live' && frame.topic === 'dock:north');
    return { screen, answer };
  };

  it('is told exactly what was missed, in order, and then what happens', async () => {
    const gateway = await world.gateway();
    const first = await gateway.screen(world.pilotsToken);
    await first.listen('dock:north');
    const [seen] = await publish(1);
    const { c } = await first.hears(seen!.id);
    first.leave();
    const missed = [];
    for (let n = 0; n < 5; n++) missed.push(...(await publish(100)), ...(await publish(3, { dock: 'south' }).then(() => [])));
    const { screen, answer } = await backOn(gateway, c);
    expect(answer).toMatchObject({ recovered: true });
    expect(heard(screen)).toEqual(ids(missed));
    const live = screen.frames.findIndex(({ t, topic }) => t === 'live' && topic === 'dock:north');
    expect(screen.frames.slice(0, live).filter(({ t }) => t === 'ev')).toHaveLength(500);
    expect(cursors.open(String(answer['to']))!.seq).toBeGreaterThanOrEqual(missed.at(-1)!.seq);
    const after = await publish(3);
    await screen.hears(after[2]!.id);
    expect(heard(screen)).toEqual(ids([...missed, ...after]));
  });

  it('goes on from any of the frames that were heard', async () => {
    const gateway = await world.gateway();
    const first = await gateway.screen(world.pilotsToken);
    await first.listen('dock:north');
    const told = await publish(130);
    await first.hears(told.at(-1)!.id);
    const frames = first.events('dock:north');
    for (const [place, { c }] of [...frames.entries()].filter(([n]) => n % 43 === 0 || n > 127)) {
      const { screen } = await backOn(gateway, c);
      expect(heard(screen)).toEqual(ids(told.slice(place + 1)));
      screen.leave();
    }
  });

  it('works on another gateway, for five hundred missed events too', async () => {
    const [here, there] = [await world.gateway(), await world.gateway()];
    const first = await here.screen(world.pilotsToken);
    await first.listen('dock:north');
    const [seen] = await publish(1);
    const { c } = await first.hears(seen!.id);
    first.leave();
    const missed = await publish(500);
    const { screen, answer } = await backOn(there, c);
    expect(answer).toMatchObject({ recovered: true });
    expect(heard(screen)).toEqual(ids(missed));
    const after = await publish(3);
    await screen.hears(after[2]!.id);
    expect(heard(screen)).toEqual(ids([...missed, ...after]));
  });

  it('works for all topics of the connect frame, the person’s own too', async () => {
    const gateway = await world.gateway();
    const first = await gateway.screen(world.pilotsToken);
    const start = await first.until(({ t, topic }) => t === 'subd' && topic === `person:${id(7)}`);
    first.leave();
    const [own] = await publish(1, { pilotId: id(7) });
    const screen = await gateway.open();
    screen.say({ i: 1, t: 'connect', token: world.pilotsToken, subs: { [`person:${id(7)}`]: String(start['to']), 'dock:north': String(start['to']) } });
    for (const topic of [`person:${id(7)}`, 'dock:north']) {
      await screen.until((frame) => frame.t === 'ev' && frame.topic === topic);
      expect(await screen.until((frame) => frame.t === 'subd' && frame.topic === topic)).toMatchObject({ recovered: true });
      expect(heard(screen, topic)).toEqual([own!.id]);
    }
  });

  it('works before the first event: the answer to a subscription is a place to go on from', async () => {
    const gateway = await world.gateway();
    const first = await gateway.screen(world.pilotsToken);
    const { to } = await first.ask({ t: 'sub', topic: 'dock:north' });
    first.leave();
    const missed = await publish(2);
    const { screen, answer } = await backOn(gateway, to);
    expect(answer).toMatchObject({ recovered: true });
    expect(heard(screen)).toEqual(ids(missed));
  });

  it('may be done twice at once, and each is told all', async () => {
    const gateway = await world.gateway();
    const first = await gateway.screen(world.pilotsToken);
    const { to } = await first.ask({ t: 'sub', topic: 'dock:north' });
    const missed = await publish(150);
    const both = await Promise.all([backOn(gateway, to), backOn(gateway, to)]);
    for (const { screen } of both) expect(heard(screen)).toEqual(ids(missed));
  });

  it('loses, doubles and reorders nothing that happens meanwhile', async () => {
    const gateway = await world.gateway();
    const { to } = await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' });
    const told = publish(400);
    const late: Screen[] = [];
    for (let n = 0; n < 20; n++) late.push((await backOn(gateway, to)).screen);
    const all = await told;
    for (const screen of late) {
      await screen.hears(all.at(-1)!.id);
      expect(heard(screen)).toEqual(ids(all));
    }
  });

  it('waits for a place that the gateway has not reached yet', async () => {
    const gateway = await world.gateway();
    await gateway.screen(world.pilotsToken);
    // As a client comes that has read over HTTP: its cursor is the end of the stream.
    const epoch = cursors.open(String((await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' }))['to']))!.epoch;
    for (let n = 0; n < 20; n++) {
      const { seq } = await world.publish();
      const { screen, answer } = await backOn(gateway, cursors.sign({ epoch, seq }));
      expect(answer).toMatchObject({ recovered: true });
      const next = await world.publish();
      await screen.hears(next.id);
      expect(heard(screen)).toEqual([next.id]);
      screen.leave();
    }
  });

  it('starts anew where the past is not known: another epoch, a place ahead of the stream, nonsense, a forgery', async () => {
    const gateway = await world.gateway();
    const { seq } = await world.publish();
    const { epoch } = cursors.open(String((await backOn(gateway, '')).answer['to']))!;
    const forged = new Cursors('somebody else’s secret, long enough').sign({ epoch, seq });
    for (const since of [cursors.sign({ epoch: 'another', seq }), cursors.sign({ epoch, seq: seq + 1_000 }), 'nonsense', '', forged]) {
      const { screen, answer } = await backOn(gateway, since);
      expect(answer).toMatchObject({ recovered: false });
      expect(cursors.open(String(answer['to']))!.seq).toBeGreaterThanOrEqual(seq);
      expect(heard(screen)).toEqual([]);
      const next = await world.publish();
      await screen.hears(next.id);
      screen.leave();
    }
  });

  /** From the beginning nothing can be told any more, and from the first event all the rest. */
  const hasForgottenTheFirst = async (gateway: Parameters<typeof backOn>[0], beginning: unknown, told: Awaited<ReturnType<typeof publish>>) => {
    const witness = await gateway.screen(world.pilotsToken);
    await witness.listen('dock:north');
    expect((await backOn(gateway, beginning)).answer).toMatchObject({ recovered: false });
    const { epoch } = cursors.open(String(beginning))!;
    const { screen, answer } = await backOn(gateway, cursors.sign({ epoch, seq: told[0]!.seq }));
    expect(answer).toMatchObject({ recovered: true });
    expect(heard(screen)).toEqual(ids(told.slice(1)));
  };

  it('starts anew where the gateway has forgotten', async () => {
    const gateway = await world.gateway({ REALTIME_RECENT_EVENTS: '100' });
    const { to } = await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' });
    const told = await publish(101);
    await hasForgottenTheFirst(gateway, to, told);
  });

  it('starts anew where what was missed takes more room than the gateway gives it', async () => {
    const gateway = await world.gateway({ REALTIME_RECENT_BYTES: '65536' });
    const { to } = await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' });
    const told = await publish(3, { note: 'x'.repeat(30_000) });
    await hasForgottenTheFirst(gateway, to, told);
  });

  it('is told in pieces when it is much, as fast as it is read, and what happens meanwhile in its place', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const { to } = await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' });
    // More than the systems on both sides keep for a sleeper.
    const missed = await publish(800, { note: 'x'.repeat(20_000) });
    const witness = await gateway.screen(world.pilotsToken);
    await witness.listen('dock:north');
    const screen = await gateway.screen(world.pilotsToken);
    screen.socket.pause();
    screen.say({ i: 5, t: 'sub', topic: 'dock:north', since: String(to) });
    await expect.poll(() => gateway.metric('mela_realtime_subscriptions')).toEqual({ '': 6 });
    const meanwhile = await publish(20);
    await witness.hears(meanwhile.at(-1)!.id);
    screen.socket.resume();
    await screen.until(({ t, topic }) => t === 'live' && topic === 'dock:north', 15_000);
    const after = await publish(3);
    await screen.hears(after.at(-1)!.id);
    expect(heard(screen)).toEqual(ids([...missed, ...meanwhile, ...after]));
    // It was not live yet when they happened: they belong to the past that it was being told.
    const place = (fits: (frame: Frame) => boolean) => screen.frames.findIndex(fits);
    expect(place((frame) => frame['id'] === meanwhile.at(-1)!.id)).toBeLessThan(place(({ t, topic }) => t === 'live' && topic === 'dock:north'));
  }, 40_000);

  it('is not begun anew by whoever asks again meanwhile: the answer comes once it is live, whatever the cursor', async () => {
    const gateway = await world.gateway({ REALTIME_MAX_BUFFERED: '65536' });
    const { to } = await (await gateway.screen(world.pilotsToken)).ask({ t: 'sub', topic: 'dock:north' });
    // More than the systems on both sides keep for a sleeper.
    const missed = await publish(800, { note: 'x'.repeat(20_000) });
    const screen = await gateway.screen(world.pilotsToken);
    screen.socket.pause();
    screen.say({ i: 5, t: 'sub', topic: 'dock:north', since: String(to) });
    screen.say({ i: 6, t: 'sub', topic: 'dock:north', since: String(to) });
    screen.say({ i: 7, t: 'sub', topic: 'dock:closed' });
    // Refused after the other was granted, and after it was asked for again.
    await expect.poll(() => world.asked.map(({ topic }) => topic)).toEqual(['dock:north', 'dock:north', 'dock:closed']);
    screen.socket.resume();
    const again = await screen.until(({ i: answered }) => answered === 6, 15_000);
    const after = await publish(1);
    await screen.hears(after[0]!.id);
    expect(heard(screen)).toEqual(ids([...missed, ...after]));
    expect(again).toMatchObject({ t: 'subd', recovered: false });
    expect(cursors.open(String(again['to']))!.seq).toBe(missed.at(-1)!.seq);
    const told = screen.frames.filter(({ topic }) => topic === 'dock:north').map(({ t }) => t);
    expect(told).toEqual(['subd', ...missed.map(() => 'ev'), 'live', 'subd', 'live', 'ev']);
  }, 40_000);
});
