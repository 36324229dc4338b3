import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';
import { cid, Inquiry, NORTH } from './inquiry.fixture.ts';

describe('why somebody did not get it who reads slowly, or not at all', () => {
  const world = openHarbour();
  const at = new Inquiry(world);

  it('says what waits to be read, and what was read before', async () => {
    const screen = await at.listening();
    const before = await at.happened();
    screen.socket.pause();
    const events: string[] = [];
    // What the kernel keeps for a sleeper is a few megabytes: more is written until something waits.
    do events.push(await at.happened({ note: 'x'.repeat(400_000) }));
    while ((await at.only(events.at(-1)!)).verdict !== 'buffered');
    expect(await at.only(events.at(-1)!)).toMatchObject({ waiting: expect.toSatisfy((bytes: number) => bytes > 0) });
    expect(await at.only(before)).toMatchObject({ verdict: 'delivered' });
    screen.socket.resume();
    await screen.hears(events.at(-1)!);
    await expect.poll(() => at.only(events.at(-1)!)).toMatchObject({ verdict: 'delivered' });
  });

  it('says what waits for its turn while the past is told, and that the connection ended meanwhile', async () => {
    await at.open({ REALTIME_MAX_BUFFERED: '65536' });
    const start = (await at.witness.until(({ t, topic }) => t === 'subd' && topic === NORTH))['to'];
    let last = '';
    for (let n = 0; n < 40; n++) last = await at.happened({ note: 'x'.repeat(400_000) });
    const screen = await at.screenOf();
    screen.socket.pause();
    screen.say({ t: 'sub', topic: NORTH, since: String(start) });
    await expect.poll(async () => (await at.findings(last)).at(-1)).toMatchObject({ verdict: 'buffered', connection: cid(screen), waiting: expect.any(Number) });
    screen.leave();
    await expect.poll(async () => (await at.findings(last)).at(-1)).toMatchObject({ verdict: 'interrupted', code: '1006' });
  });

  it('says what a reader that was too slow has lost, and what not', async () => {
    const screen = await at.listening({ REALTIME_MAX_BUFFERED: '65536' });
    const events = [await at.happened()];
    await at.shownAlive(screen);
    const sleeping = new Promise((resolve) => screen.socket.once('close', resolve));
    screen.socket.pause();
    do events.push(await at.happened({ note: 'x'.repeat(400_000) }));
    while ((await at.only(events.at(-1)!)).verdict !== 'dropped');
    const after = await at.happened();
    // It sleeps on until the gateway gives it up: what waited was never read.
    await expect.poll(() => at.gateway.metric('mela_realtime_closed_total'), { timeout: 10_000 }).toEqual({ '{code="4008"}': 1 });
    expect(await at.only(events.at(-1)!)).toMatchObject({ verdict: 'dropped', code: '4008', connection: cid(screen), waiting: expect.toSatisfy((bytes: number) => bytes > 65_536) });
    expect(await at.only(events.at(-2)!)).toMatchObject({ verdict: 'dropped' });
    expect(await at.only(events[0]!)).toMatchObject({ verdict: 'delivered' });
    expect(await at.only(after)).toMatchObject({ verdict: 'not_connected', code: '4008' });
    screen.leave();
    await sleeping;
  }, 30_000);

  it('says what was written to somebody who had gone away without a word', async () => {
    const screen = await at.listening({ REALTIME_PING_MS: '1500', REALTIME_PONG_MS: '1000' });
    const heard = await at.happened();
    screen.answersPings = false;
    await at.shownAlive(screen);
    screen.socket.pause();
    const eventId = await at.happened();
    await expect.poll(() => at.gateway.metric('mela_realtime_closed_total'), { timeout: 15_000 }).toEqual({ '{code="4012"}': 1 });
    expect(await at.only(eventId)).toMatchObject({ verdict: 'unconfirmed', code: '4012' });
    expect(await at.only(heard)).toMatchObject({ verdict: 'delivered' });
    screen.leave();
  });
});
