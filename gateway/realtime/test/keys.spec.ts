import { Asker, continueTrace, within } from '@mela/bus';
import { id, isRefusal, KeyWithdrawn, realtime } from '@mela/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { openHarbour, pilot } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';

describe('a key that is withdrawn', () => {
  const world = openHarbour();
  const pages: Page[] = [];
  afterEach(() => {
    for (const page of pages.splice(0)) page.leave();
  });

  /** A key beside the pilot's, and a token that it signed. */
  const leaked = async () => {
    const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
    world.otherKeys.push({ ...(await exportJWK(publicKey)), kid: 'leaked', alg: 'Ed25519' });
    return new SignJWT({ sid: id(901) })
      .setProtectedHeader({ alg: 'Ed25519', typ: 'at+jwt', kid: 'leaked' })
      .setSubject(pilot).setIssuer('mela').setAudience('mela').setExpirationTime('1h')
      .sign(privateKey);
  };
  const withdraw = () => {
    world.otherKeys.length = 0;
    return world.say(KeyWithdrawn, { kid: 'leaked' });
  };

  it('closes what its tokens opened, over each way, and nothing else', async () => {
    const gateway = await world.gateway();
    const token = await leaked();
    const [screen, theirs] = [await gateway.screen(token), await gateway.screen(world.pilotsToken)];
    const page = await Page.open(`${gateway.http}/realtime/events`, { token });
    pages.push(page);
    await page.live(`person:${pilot}`);
    await theirs.listen('dock:north');

    await withdraw();
    expect(await screen.closed).toEqual({ code: 4401, reason: 'the access token is not valid' });
    await page.ended;
    await theirs.hears((await world.publish()).id);
  });

  it('closes many screens at once', async () => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '300', REALTIME_CONNECTIONS_PER_SECOND: '1000' });
    const token = await leaked();
    const screens = await Promise.all(Array.from({ length: 250 }, () => gateway.screen(token)));
    await withdraw();
    const codes = await Promise.all(screens.map(async ({ closed }) => (await closed).code));
    expect(new Set(codes)).toEqual(new Set([4401]));
  });

  it('opens no more screens, neither with a token nor with a ticket of before', async () => {
    const gateway = await world.gateway();
    const token = await leaked();
    await gateway.screen(token);
    const asker = new Asker({ nc: world.nc, mayAsk: new Set([realtime.createTicket.id]) });
    const given = await within({ traceparent: continueTrace(undefined), token }, () => asker.ask(realtime.createTicket, {}));
    if (isRefusal(given)) throw new Error(given.code);
    await withdraw();
    await expect.poll(async () => {
      const screen = await gateway.open();
      return (await screen.ask({ t: 'connect', token }))['code'];
    }, { timeout: 5_000 }).toBe('auth.invalid_token');
    const ticketed = await gateway.open();
    expect(await ticketed.ask({ t: 'connect', ticket: given.ticket })).toMatchObject({ t: 'err', code: 'auth.invalid_token' });
    for (const path of ['events', 'poll'])
      expect(await Page.ask(`${gateway.http}/realtime/${path}?topics=dock:north`, { token })).toMatchObject({ status: 401, body: { code: 'auth.invalid_token' } });
  });

  it('leaves a screen open that was shown a token of another key meanwhile', async () => {
    const gateway = await world.gateway();
    const token = await leaked();
    const [screen, other] = [await gateway.screen(token), await gateway.screen(token)];
    expect(await screen.ask({ t: 'auth', token: await world.token(pilot, { seconds: 7_200 }) })).toMatchObject({ t: 'auth' });
    await screen.listen('dock:north');
    await withdraw();
    await other.closed;
    await screen.hears((await world.publish()).id);
  });
});
