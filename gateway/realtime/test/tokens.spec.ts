import { id } from '@mela/contracts';
import { generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { World } from './harbour.fixture.ts';

describe('access tokens on a connection', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterEach(() => world.rest());
  afterAll(() => world.close());

  const forged = async () => {
    const { privateKey } = await generateKeyPair('Ed25519');
    return new SignJWT({ sid: id(900) })
      .setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt', kid: 'one' })
      .setSubject(id(7)).setIssuer('mela').setAudience('mela').setExpirationTime('1h')
      .sign(privateKey);
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
});
