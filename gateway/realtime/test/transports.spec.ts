import { SettingsFault } from '@mela/chassis';
import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';
import { Refused, type Screen } from './screen.fixture.ts';

describe('the ways to connect', () => {
  const world = openHarbour();

  it('are told to whoever asks', async () => {
    const all = await Page.ask(`${(await world.gateway()).http}/realtime`);
    expect(all).toMatchObject({ status: 426, body: { code: 'realtime.upgrade', transports: ['websocket', 'sse', 'poll'] } });
    const few = await Page.ask(`${(await world.gateway({ REALTIME_TRANSPORTS: 'poll, sse' })).http}/realtime`);
    expect(few).toMatchObject({ status: 404, body: { code: 'realtime.transport_off', transports: ['poll', 'sse'] } });
  });

  it('that are off are no ways', async () => {
    const off = { status: 404, body: { status: 404, code: 'realtime.transport_off' } };
    const socket = await world.gateway({ REALTIME_TRANSPORTS: 'websocket' });
    await socket.open();
    for (const path of ['events', 'poll']) expect(await Page.ask(`${socket.http}/realtime/${path}`, { token: world.pilotsToken })).toMatchObject(off);
    const plain = await world.gateway({ REALTIME_TRANSPORTS: 'sse' });
    await expect(plain.open()).rejects.toEqual(new Refused(404));
    expect(await Page.ask(`${plain.http}/realtime/poll`, { token: world.pilotsToken })).toMatchObject(off);
    (await Page.open(`${plain.http}/realtime/events`, { token: world.pilotsToken })).leave();
  });

  it('are ways that exist', async () => {
    await expect(world.gateway({ REALTIME_TRANSPORTS: 'websocket,pigeon' })).rejects.toThrow(SettingsFault);
    await expect(world.gateway({ REALTIME_TRANSPORTS: ',' })).rejects.toThrow(SettingsFault);
  });

  it('all say how far clients are to spread when the gateway dies: it depends on how many it has', async () => {
    const gateway = await world.gateway({ REALTIME_AUTH_MS: '120000' });
    const crowd: Screen[] = [];
    while (crowd.length < 600) crowd.push(...(await Promise.all(Array.from({ length: 100 }, () => gateway.open()))));
    const asked = { token: world.pilotsToken };
    expect(await crowd[0]!.ask({ t: 'connect', ...asked })).toMatchObject({ t: 'connected', retryJitter: 600 });
    expect(await Page.ask(`${gateway.http}/realtime/poll`, asked)).toMatchObject({ status: 200, body: { retryJitter: 601 } });
    await expect.poll(() => gateway.metric('mela_realtime_connections'), { timeout: 5_000 }).toEqual({ '': 600 });
    const page = await Page.open(`${gateway.http}/realtime/events`, asked);
    expect(await page.until(({ t }) => t === 'connected')).toMatchObject({ retryJitter: 601 });
    page.leave();
  });

  it.each(['events', 'poll'])('GET /realtime/%s is open to the pages that sockets are open to, and to no others', async (path) => {
    const { http } = await world.gateway({ REALTIME_ORIGINS: 'https://app.example' });
    const headers = { origin: 'https://app.example', authorization: `Bearer ${world.pilotsToken}` };
    const answer = await fetch(`${http}/realtime/${path}`, { headers });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('vary')).toBe('origin');
    await answer.body!.cancel();
    const preflight = await fetch(`${http}/realtime/${path}`, {
      method: 'OPTIONS', headers: { origin: 'https://app.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization,last-event-id' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization, last-event-id');
    for (const method of ['GET', 'OPTIONS']) {
      const foreign = await fetch(`${http}/realtime/${path}`, { method, headers: { ...headers, origin: 'https://evil.example' } });
      expect([foreign.status, foreign.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(await foreign.json()).toMatchObject({ code: 'origin.refused' });
    }
    const refused = await fetch(`${http}/realtime/${path}`, { headers: { origin: 'https://app.example' } });
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(await refused.json()).toMatchObject({ code: 'auth.required' });
  });

  it('take GET alone', async () => {
    const { http } = await world.gateway();
    for (const path of ['', '/events', '/poll']) {
      const answer = await fetch(`${http}/realtime${path}`, { method: 'POST', headers: { authorization: `Bearer ${world.pilotsToken}` } });
      expect(answer.headers.get('allow')).toBe('GET, OPTIONS');
      expect(await answer.json()).toMatchObject({ status: 405, code: 'route.method' });
    }
  });
});
