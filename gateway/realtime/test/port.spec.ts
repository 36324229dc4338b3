import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { SettingsFault } from '@mela/chassis';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { openHarbour } from './harbour.fixture.ts';
import { Refused } from './screen.fixture.ts';

describe('the gateway’s port', () => {
  const world = openHarbour();

  it('says where it is, and accepts sockets at / too', async () => {
    const gateway = await world.gateway();
    expect(gateway.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/realtime$/);
    for (const path of ['/', '/realtime', '/realtime?v=1']) await gateway.open({ path });
    await expect(gateway.open({ path: '/elsewhere' })).rejects.toEqual(new Refused(404));
  });

  it('compresses nothing, whatever a client offers', async () => {
    expect((await (await world.gateway()).open()).socket.extensions).toBe('');
  });

  it('admits pages by their origin', async () => {
    const listed = await world.gateway({ REALTIME_ORIGINS: 'https://app.example, https://admin.example' });
    await listed.open({ origin: 'https://admin.example' });
    await listed.open();
    await expect(listed.open({ origin: 'https://evil.example' })).rejects.toEqual(new Refused(403));
    await expect(listed.open({ origin: 'http://localhost:3000' })).rejects.toEqual(new Refused(403));
    const unlisted = await world.gateway();
    await unlisted.open({ origin: 'http://localhost:3000' });
    await expect(unlisted.open({ origin: 'https://app.example' })).rejects.toEqual(new Refused(403));
  });

  it('says that it speaks WebSocket to whoever does not', async () => {
    const { http } = await world.gateway();
    const answer = await fetch(`${http}/realtime`);
    expect(answer.status).toBe(426);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ code: 'realtime.upgrade', status: 426 });
    for (const path of ['/elsewhere', '/health/xx', '/health/']) {
      const unknown = await fetch(`${http}${path}`, { headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } });
      expect(unknown.headers.get('content-type')).toBe('application/problem+json');
      expect(unknown.headers.get('trace-id')).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
      expect(await unknown.json()).toMatchObject({ code: 'route.unknown', status: 404, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
    }
  });

  it.each([
    ['of another protocol', '/realtime', { upgrade: 'h2c' }, 400, 'realtime.bad_upgrade'],
    ['without a key', '/realtime', { 'sec-websocket-key': '' }, 400, 'realtime.bad_upgrade'],
    ['of a version nobody speaks', '/realtime', { 'sec-websocket-version': '99' }, 400, 'realtime.bad_upgrade'],
    ['elsewhere', '/elsewhere', {}, 404, 'route.unknown'],
    ['from a page that is not admitted', '/', { origin: 'https://evil.example' }, 403, 'origin.refused'],
  ])('answers an upgrade %s with a problem', async (_what, path, headers, status, code) => {
    const { http } = await world.gateway();
    const handshake = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${http}${path}`, { headers: { ...handshake, ...headers } }).on('response', resolve).on('error', reject).end();
    });
    expect(response.statusCode).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(await json(response)).toMatchObject({ status, code, traceId: response.headers['trace-id'] });
    expect(response.headers['trace-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['is not HTTP', 'HELLO\r\n\r\n', 400, 'request.malformed_http'],
    ['has headers beyond reason', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'request.headers_too_large'],
  ])('answers what %s with a problem', async (_what, sent, status, code) => {
    const { hostname, port } = new URL((await world.gateway()).http);
    const socket = connect(Number(port), hostname, () => socket.write(sent));
    const answer = await text(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain(`"code":"${code}"`);
  });

  it('tells its health, and keeps its figures to the port of those who watch it', async () => {
    const { http } = await world.gateway();
    expect((await fetch(`${http}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${http}/health/ready`)).json()).toEqual({ ready: true, checks: { 'realtime.bus': 'ok', 'realtime.sessions': 'ok', 'realtime.stream': 'ok' } });
    expect((await fetch(`${http}/metrics`)).status).toBe(404);
  });

  it('counts', async () => {
    const gateway = await world.gateway();
    const screen = await gateway.screen(await world.token(id(7)));
    await screen.listen('dock:north');
    const { id: sighted } = await world.publish();
    await screen.hears(sighted);
    expect(await gateway.metric('mela_realtime_connections')).toEqual({ '': 1 });
    expect(await gateway.metric('mela_realtime_subscriptions')).toEqual({ '': 2 });
    expect(await gateway.metric('mela_realtime_frames_total')).toEqual({ '{direction="in"}': 2, '{direction="out"}': 6 });
  });

  it('stops the boot when it is taken, or when a setting is not right', async () => {
    const { url } = await world.gateway();
    await expect(world.gateway({ REALTIME_PORT: new URL(url).port })).rejects.toThrow('EADDRINUSE');
    await expect(world.gateway({ CURSOR_SECRET: 'short', REALTIME_MAX_TOPICS: 'many' })).rejects.toThrow(SettingsFault);
  });
});
