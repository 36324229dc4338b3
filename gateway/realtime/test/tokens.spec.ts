import { id } from '@mela/contracts';
import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';
import type { Screen } from './screen.fixture.ts';

describe('access tokens on a connection', () => {
  const world = openHarbour();

  const forged = async () => {
    const { privateKey } = await generateKeyPair('Ed25519');
    return new SignJWT({ sid: id(900) })
      .setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt', kid: 'one' })
      .setSubject(id(7)).setIssuer('mela').setAudience('mela').setExpirationTime('1h')
      .sign(privateKey);
  };

  /** Settled when the token with which it connected has ended, and the gateway has had a moment to look. */
  const ended = (screen: Screen) => {
    const { exp } = screen.frames.find(({ t }) => t === 'connected') as { exp?: number };
    return expect.poll(() => Date.now() / 1_000, { timeout: 10_000 }).toBeGreaterThan(exp! + 0.5);
  };

  it('are waited for so long and no longer', async () => {
    const screen = await (await world.gateway({ REALTIME_AUTH_MS: '100' })).open();
    screen.say('{}');
    expect(await screen.closed).toEqual({ code: 4401, reason: 'no connect frame in time' });
  });

  it.each([
    ['no token at all', async () => 'not a token'],
    ['one that has expired', () => world.token(id(7), { seconds: -1 })],
    ['one of another issuer', () => world.token(id(7), { issuer: 'somebody else' })],
    ['one signed with another key', forged],
  ])('end it with %s', async (_what, token) => {
    const screen = await (await world.gateway()).open();
    expect(await screen.ask({ t: 'connect', token: await token() })).toMatchObject({ t: 'err', code: 'auth.invalid_token', retry: false });
    expect((await screen.closed).code).toBe(4401);
  });

  it('leave no door open for what was sent behind a bad one', async () => {
    const screen = await (await world.gateway()).open();
    screen.say(`{"i":1,"t":"connect","token":"x"}\n{"i":2,"t":"sub","topic":"dock:north"}`);
    expect((await screen.closed).code).toBe(4401);
    expect(world.asked).toEqual([]);
    expect(screen.frames.some(({ t }) => t === 'subd')).toBe(false);
  });

  it('end it when they expire', async () => {
    const screen = await (await world.gateway()).screen(await world.token(id(7), { seconds: 3 }));
    await screen.listen('dock:north');
    expect(await screen.closed).toEqual({ code: 4401, reason: 'the access token has expired' });
  });

  it.each([
    ['could not be had', 'away', 'access.unknown'],
    ['were nonsense', 'nonsense', 'service.failed'],
  ] as const)('may be shown again when the keys %s', async (_how, keys, code) => {
    const screen = await (await world.gateway()).open();
    const token = await world.token(id(7));
    world.keys = keys;
    expect(await screen.ask({ t: 'connect', token })).toMatchObject({ t: 'err', code, retry: true });
    world.keys = 'right';
    expect(await screen.ask({ t: 'connect', token })).toMatchObject({ t: 'connected' });
    await screen.listen('dock:north');
  });

  it('are told of before they end, and a fresh one takes their place', async () => {
    const gateway = await world.gateway({ REALTIME_NOTICE_MS: '60000' });
    const screen = await gateway.screen(await world.token(id(7), { seconds: 3 }));
    await screen.listen('dock:north');
    expect(await screen.until(({ t }) => t === 'authexp')).toMatchObject({ in: expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= 3) });
    const answer = await screen.ask({ t: 'auth', token: await world.token(id(7), { seconds: 600 }) });
    expect(answer).toMatchObject({ t: 'auth', exp: expect.any(Number) });
    // Beyond the end of the first token it hears as before.
    await ended(screen);
    const { id: told } = await world.publish();
    await screen.hears(told);
    expect(screen.frames.filter(({ t }) => t === 'authexp')).toHaveLength(1);
  });

  it.each([
    ['somebody else’s', () => world.token(id(8)), 'auth.other_person'],
    ['of an admin who looks through the person’s eyes', () => world.token(id(7), { actor: id(8) }), 'auth.other_key'],
    ['no good', () => 'not a token', 'auth.invalid_token'],
    ['one that has expired', () => world.token(id(7), { seconds: -1 }), 'auth.invalid_token'],
  ])('change nothing when the new one is %s', async (_what, token, code) => {
    const screen = await (await world.gateway()).screen(await world.token(id(7)));
    expect(await screen.ask({ t: 'auth', token: await token() })).toMatchObject({ t: 'err', code, retry: false });
    await screen.listen('dock:north');
    const { id: told } = await world.publish({ pilotId: id(7) });
    await screen.hears(told);
  });

  it('hold until the latest end of those that were shown, whichever came last', async () => {
    const screen = await (await world.gateway()).screen(await world.token(id(7), { seconds: 3 }));
    await screen.listen('dock:north');
    const { exp } = await screen.ask({ t: 'auth', token: await world.token(id(7), { seconds: 600 }) });
    expect(await screen.ask({ t: 'auth', token: await world.token(id(7), { seconds: 4 }) })).toMatchObject({ t: 'auth', exp });
    expect(Number(exp) - Date.now() / 1_000).toBeGreaterThan(500);
  });

  it('are not refreshed before they were shown', async () => {
    const screen = await (await world.gateway()).open();
    expect(await screen.ask({ t: 'auth', token: await world.token(id(7)) })).toMatchObject({ t: 'err', code: 'connect.first' });
  });

  it('that expire while the past is told end that, too', async () => {
    const gateway = await world.gateway();
    const { to } = await (await gateway.screen(await world.token(id(7)))).ask({ t: 'sub', topic: 'dock:north' });
    for (let n = 0; n < 40; n++) await world.publish({ note: 'x'.repeat(400_000) });
    const screen = await gateway.open();
    // Its life begins when it is shown, and the past is asked for in the same breath.
    screen.socket.once('message', () => screen.socket.pause());
    expect(await screen.ask({ t: 'connect', token: await world.token(id(7), { seconds: 4 }), subs: { 'dock:north': String(to) } })).toMatchObject({ t: 'connected' });
    await ended(screen);
    screen.socket.resume();
    expect((await screen.closed).code).toBe(4401);
    expect(screen.events('dock:north').length).toBeLessThan(40);
  });
});
