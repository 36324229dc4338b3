import { randomUUID } from 'node:crypto';
import { newApiKey } from '@mela/chassis';
import { id, InvalidApiKey, SessionRevoked, topic } from '@mela/contracts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openHarbour, pilot } from './harbour.fixture.ts';

const world = openHarbour();
/** Another one each time: that one has ended is known for a day. */
let sid: string;
beforeEach(() => void (sid = randomUUID()));

/** What identity gives for a key of the pilot's with these scopes. */
const giving = (scope: string, seconds = 300) => async () => ({
  accessToken: await world.token(pilot, { seconds, sid, ofKey: { client_id: id(40), scope } }),
  expiresAt: new Date((Math.floor(Date.now() / 1_000) + seconds) * 1_000).toISOString(),
});
const topicsOf = (frames: readonly object[]) => frames.flatMap((frame) => ('t' in frame && frame.t === 'connected' ? (frame as unknown as { topics: string[] }).topics : []));

describe('an API key on a connection', () => {
  it('opens it in the name of its owner, and hears what concerns them where it may read that', async () => {
    const gateway = await world.gateway();
    for (const [scope, heard] of [['harbour:read identity:read', [topic.person(pilot)]], ['harbour:read', []]] as const) {
      world.exchange = giving(scope);
      const screen = await gateway.screen(newApiKey().text);
      expect(topicsOf(screen.frames)).toEqual(heard);
      await screen.listen('dock:north');
      const { id: told } = await world.publish();
      await screen.hears(told);
    }
  });

  it('is taken over plain HTTP, too', async () => {
    const gateway = await world.gateway();
    world.exchange = giving('harbour:read');
    const { text } = newApiKey();
    const poll = (key: string) => fetch(`${gateway.http}/realtime/poll?topics=dock:north&wait=0`, { headers: { authorization: `Bearer ${key}` } });
    expect((await poll(text)).status).toBe(200);
    const stream = await fetch(`${gateway.http}/realtime/events?topics=dock:north`, { headers: { authorization: `Bearer ${text}` } });
    const { value } = await stream.body!.pipeThrough(new TextDecoderStream()).getReader().read();
    expect(value).toContain('"topics":[]');
    world.exchange = async () => InvalidApiKey();
    expect((await poll(newApiKey().text)).status).toBe(401);
  });

  it('that was revoked closes what it opened within a second, and opens nothing any more', async () => {
    const gateway = await world.gateway();
    world.exchange = giving('harbour:read');
    const { text } = newApiKey();
    const screen = await gateway.screen(text);
    world.exchange = async () => InvalidApiKey();
    const before = performance.now();
    await world.say(SessionRevoked, { sessionId: sid, userId: pilot });
    expect((await screen.closed).code).toBe(4401);
    expect(performance.now() - before).toBeLessThan(1_000);
    await vi.waitFor(async () => {
      const again = await gateway.open();
      expect(await again.ask({ t: 'connect', token: text })).toMatchObject({ code: 'auth.invalid_api_key', retry: false });
    });
  });

  it('is shown again before its token ends, and gives its place to nobody else', async () => {
    const gateway = await world.gateway();
    world.exchange = giving('harbour:read');
    const { text } = newApiKey();
    const screen = await gateway.screen(text);
    expect(await screen.ask({ t: 'auth', token: text })).toMatchObject({ t: 'auth' });
    expect(await screen.ask({ t: 'auth', token: world.pilotsToken })).toMatchObject({ t: 'err', code: 'auth.other_key' });
    const own = await gateway.screen(world.pilotsToken);
    expect(await own.ask({ t: 'auth', token: text })).toMatchObject({ t: 'err', code: 'auth.other_key' });
  });
});
