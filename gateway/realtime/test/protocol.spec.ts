import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';
import type { Screen } from './screen.fixture.ts';

describe('the protocol, spoken well and badly', () => {
  const world = openHarbour();

  const connected = async (settings?: Record<string, string>) => (await world.gateway(settings)).screen(await world.token(id(7)));
  const refusals = (screen: Screen) => screen.frames.filter(({ t }) => t === 'err');

  it.each([
    ['text that is no JSON', 'hello', 'frame.malformed'],
    ['a binary message', Buffer.from('{"t":"sub","topic":"dock:north"}'), 'frame.malformed'],
    ['a frame nobody knows', '{"i":9,"t":"shout"}', 'frame.unknown'],
    ['wrong types', '{"i":9,"t":"sub","topic":7}', 'frame.invalid'],
    ['a frame of more than 16 kB', JSON.stringify({ t: 'sub', topic: 'x'.repeat(17_000) }), 'frame.too_large'],
  ])('answers %s and goes on', async (_what, message, code) => {
    const screen = await connected();
    screen.say(message);
    const refusal = await screen.until(({ t }) => t === 'err');
    expect(refusal).toMatchObject({ code, retry: false, message: expect.any(String) });
    if (String(message).includes('"i":9')) expect(refusal.i).toBe(9);
    await screen.listen('dock:north');
  });

  it('answers text that is not UTF-8 and goes on', async () => {
    const screen = await connected();
    screen.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
    expect(await screen.until(({ t }) => t === 'err')).toMatchObject({ code: 'frame.malformed', message: 'It is not UTF-8' });
    await screen.listen('dock:north');
  });

  it('ends a connection after ten malformed frames in a row, and a good one in between counts anew', async () => {
    const screen = await connected();
    for (let n = 0; n < 9; n++) screen.say('nonsense');
    screen.say('{}');
    for (let n = 0; n < 9; n++) screen.say('nonsense');
    await screen.listen('dock:north');
    expect(refusals(screen)).toHaveLength(18);
    screen.say(Array(10).fill('nonsense').join('\n'));
    expect((await screen.closed).code).toBe(4400);
    expect(refusals(screen)).toHaveLength(28);
  });

  it('does not read a message of more than four times the greatest frame', async () => {
    const screen = await connected();
    screen.say('x'.repeat(66_000));
    expect((await screen.closed).code).toBe(1009);
  });

  it('refuses a second connect, and the first one stays', async () => {
    const screen = await connected();
    expect(await screen.ask({ t: 'connect', token: await world.token(id(8)) })).toMatchObject({ t: 'err', code: 'connect.twice' });
    expect(screen.frames.filter(({ t }) => t === 'connected')).toHaveLength(1);
    await screen.listen('dock:north');
    expect(world.asked).toEqual([{ topic: 'dock:north', personId: id(7) }]);
  });

  it('refuses to subscribe and to unsubscribe before it knows who asks', async () => {
    const screen = await (await world.gateway()).open();
    expect(await screen.ask({ t: 'sub', topic: 'dock:north' })).toMatchObject({ t: 'err', code: 'connect.first', topic: 'dock:north' });
    expect(await screen.ask({ t: 'unsub', topic: 'dock:north' })).toMatchObject({ t: 'err', code: 'connect.first' });
    expect(world.asked).toEqual([]);
  });

  it('takes a whole greeting in one message, line by line', async () => {
    const screen = await (await world.gateway()).open();
    const token = await world.token(id(7));
    screen.say([{ i: 1, t: 'connect', token }, { i: 2, t: 'sub', topic: 'dock:north' }, { i: 3, t: 'sub', topic: 'dock:south' }].map((frame) => JSON.stringify(frame)).join('\n'));
    await screen.until(({ t, topic }) => t === 'live' && topic === 'dock:north');
    await screen.until(({ t, topic }) => t === 'live' && topic === 'dock:south');
    expect(screen.frames[0]).toMatchObject({ i: 1, t: 'connected' });
    expect(refusals(screen)).toEqual([]);
  });

  it('subscribes to what the connect frame names, each answered by itself', async () => {
    const screen = await (await world.gateway()).open();
    screen.say({ i: 1, t: 'connect', token: await world.token(id(7)), subs: { 'dock:north': 'an old cursor', 'dock:closed': '', [`person:${id(7)}`]: '' } });
    expect(await screen.until(({ t, topic }) => t === 'subd' && topic === 'dock:north')).toMatchObject({ i: 1, recovered: false });
    expect(await screen.until(({ t }) => t === 'err')).toMatchObject({ i: 1, topic: 'dock:closed', code: 'topic.forbidden' });
    expect(screen.frames.filter(({ t, topic }) => t === 'subd' && topic === `person:${id(7)}`)).toHaveLength(1);
  });

  it('answers a ping, and never an answer', async () => {
    const screen = await connected();
    screen.say('{}');
    await screen.eventually(() => screen.pings || undefined);
    await screen.listen('dock:north');
    await screen.listen('dock:south');
    expect(screen.pings).toBe(1);
  });

  it('refuses frames that come too fast, says when to come back, and goes on', async () => {
    const screen = await connected({ REALTIME_FRAMES_PER_SECOND: '5' });
    screen.say(Array.from({ length: 40 }, (_, n) => JSON.stringify({ i: 100 + n, t: 'unsub', topic: 'dock:north' })).join('\n'));
    const refused = await screen.until(({ i }) => i === 139);
    expect(refused).toMatchObject({ t: 'err', code: 'frame.rate_limited', retry: true, after: expect.any(Number) });
    expect(refused['after']).toBeGreaterThan(0);
    expect(refused['after']).toBeLessThanOrEqual(200);
    const taken = screen.frames.filter(({ t }) => t === 'unsub').length;
    expect([9, 10, 11]).toContain(taken);
    expect(refusals(screen)).toHaveLength(40 - taken);
    expect(screen.socket.readyState).toBe(screen.socket.OPEN);
  });

  it('ends a connection that floods it in spite of refusals', async () => {
    const gateway = await world.gateway();
    const screen = await gateway.screen(await world.token(id(7)));
    for (let n = 0; n < 40; n++) screen.say(Array(100).fill('{}').join('\n'));
    expect(await screen.closed).toEqual({ code: 4029, reason: 'too many frames, in spite of refusals' });
    await expect.poll(() => gateway.metric('mela_realtime_closed_total')).toEqual({ '{code="4029"}': 1 });
  });

  it('says in the log whose connection that was, and who looked through their eyes', async () => {
    const { gateway, process } = await world.mortal({ LOG_LEVEL: 'info' });
    const screen = await gateway.screen(await world.token(id(7), { actor: id(8) }));
    for (let n = 0; n < 40; n++) screen.say(Array(100).fill('{}').join('\n'));
    expect((await screen.closed).code).toBe(4029);
    const ended = () => process.said.split('\n').filter((line) => line.includes('a flood of frames')).map((line) => JSON.parse(line) as object);
    await expect.poll(ended).toEqual([expect.objectContaining({ personId: id(7), impersonator: id(8) })]);
  });

  it('answers a hundred pings of the WebSocket’s own in a burst, each once', async () => {
    const screen = await connected();
    let pongs = 0;
    const all = new Promise<void>((resolve) => screen.socket.on('pong', () => void (++pongs === 100 && resolve())));
    for (let n = 0; n < 100; n++) screen.socket.ping();
    await all;
    await screen.listen('dock:north');
    expect([pongs, refusals(screen)]).toEqual([100, []]);
  });

  it('counts those pings as frames, and ends a flood of them with a reason', async () => {
    const screen = await connected();
    for (let n = 0; n < 4_000; n++) screen.socket.ping();
    expect((await screen.closed).code).toBe(4029);
    expect(refusals(screen)[0]).toMatchObject({ code: 'frame.rate_limited', retry: true });
  });

  it('pings a quiet client for as long as it answers', async () => {
    const screen = await connected({ REALTIME_PING_MS: '300' });
    await screen.eventually(() => (screen.pings >= 4 ? true : undefined));
    expect(screen.frames.at(-1)).toMatchObject({ t: 'live' });
  });

  it('ends a connection that answers no ping', async () => {
    const screen = await connected({ REALTIME_PING_MS: '50', REALTIME_PONG_MS: '100' });
    screen.answersPings = false;
    expect((await screen.closed).code).toBe(4012);
  });
});
