import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { id } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { openHarbour } from './harbour.fixture.ts';
import { Page } from './page.fixture.ts';

describe('how many may connect', () => {
  const world = openHarbour();

  it('is bounded for one person: a new one is refused, and those who are there stay', async () => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '2' });
    const token = await world.token(id(7));
    const [first, second] = [await gateway.screen(token), await gateway.screen(token)];
    const third = await gateway.open();
    expect(await third.ask({ t: 'connect', token })).toMatchObject({ t: 'err', code: 'connect.too_many', retry: true });
    expect(await third.closed).toEqual({ code: 4029, reason: 'this person has too many connections' });
    await (await gateway.screen(await world.token(id(8)))).listen('dock:north');
    await second.listen('dock:north');
    first.socket.close(1000);
    await first.closed;
    await expect.poll(() => gateway.metric('mela_realtime_connections')).toEqual({ '': 2 });
    await (await gateway.screen(token)).listen('dock:north');
  });

  it('is bounded when many of one person come at once, too', async () => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '3' });
    const token = await world.token(id(7));
    const screens = await Promise.all(Array.from({ length: 10 }, () => gateway.open()));
    const answers = await Promise.all(screens.map((screen) => screen.ask({ t: 'connect', token })));
    expect(answers.map(({ t }) => t).sort()).toEqual([...Array<string>(3).fill('connected'), ...Array<string>(7).fill('err')]);
  });

  it('counts whoever comes by plain HTTP among them', async () => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '2' });
    const token = await world.token(id(7));
    const [stream, poll] = [`${gateway.http}/realtime/events?topics=dock:north`, `${gateway.http}/realtime/poll?topics=dock:north`];
    await gateway.screen(token);
    const page = await Page.open(stream, { token });
    const refused = { status: 429, body: { code: 'connect.too_many', status: 429 } };
    for (const url of [stream, poll]) expect(await Page.ask(url, { token })).toMatchObject(refused);
    page.leave();
    await expect.poll(async () => (await Page.ask(poll, { token })).status).toBe(200);
    const { next } = (await Page.ask(poll, { token })).body;
    const waiting = Page.ask(`${poll}&since=${String(next)}`, { token });
    await expect.poll(() => gateway.metric('mela_realtime_connections')).toEqual({ '': 2 });
    expect(await Page.ask(stream, { token })).toMatchObject(refused);
    const { id: sighted } = await world.publish();
    expect((await waiting).body).toMatchObject({ frames: [{ t: 'ev', id: sighted }] });
  });

  it('is bounded when many streams of one person are asked for at once', async () => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_PERSON: '3' });
    const token = await world.token(id(7));
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => Page.open(`${gateway.http}/realtime/events`, { token })));
    const pages = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    expect(pages).toHaveLength(3);
    for (const page of pages) page.leave();
  });

  /** A handshake from an address, and what becomes of it. */
  const knock = async (url: string, address: string): Promise<IncomingMessage | 'open'> => {
    const socket = new WebSocket(url, { headers: { 'x-forwarded-for': address } });
    socket.on('error', () => undefined);
    const [what, response] = (await Promise.race([
      once(socket, 'open').then(() => ['open']),
      once(socket, 'unexpected-response').then(([, answer]) => ['refused', answer as unknown]),
    ])) as ['open'] | ['refused', IncomingMessage];
    if (what === 'open') socket.terminate();
    return response ?? 'open';
  };

  it('is bounded for one address in a second, with word of when to come back', async () => {
    const { url } = await world.gateway({ REALTIME_CONNECTIONS_PER_SECOND: '1' });
    expect([await knock(url, ''), await knock(url, '')]).toEqual(['open', 'open']);
    const refused = (await knock(url, '192.0.2.7')) as IncomingMessage;
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/problem+json' });
    expect(await json(refused)).toMatchObject({ code: 'limit.exceeded', status: 429 });
    await expect.poll(() => knock(url, ''), { timeout: 3_000 }).toBe('open');
  });

  it.each(['events', 'poll'])('is bounded for one address in a second that asks for %s, too', async (path) => {
    const gateway = await world.gateway({ REALTIME_CONNECTIONS_PER_SECOND: '1' });
    await gateway.screen(await world.token(id(7)));
    const ask = () => Page.ask(`${gateway.http}/realtime/${path}`);
    expect(await ask()).toMatchObject({ status: 401 });
    const { status, headers, body } = await ask();
    expect({ status, retryAfter: headers['retry-after'], code: body['code'] }).toEqual({ status: 429, retryAfter: '1', code: 'limit.exceeded' });
  });

  it('is bounded in what it asks of the owners of topics, for one person on whatever connections and in whatever way', async () => {
    const gateway = await world.gateway({ REALTIME_QUESTIONS_PER_SECOND: '1' });
    const token = await world.token(id(7));
    const screens = [await gateway.screen(token), await gateway.screen(token)] as const;
    const subscribed = async (n: number) => {
      const topic = `dock:${n % 2}`;
      const answer = await screens[n % 2]!.ask({ t: 'sub', topic });
      await screens[n % 2]!.ask({ t: 'unsub', topic });
      return answer;
    };
    let asked = 0;
    while (asked < 100 && (await subscribed(asked)).t === 'subd') asked++;
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThan(100);
    expect(world.asked).toHaveLength(asked);
    expect(await subscribed(asked)).toMatchObject({ t: 'err', code: 'frame.rate_limited', topic: `dock:${asked % 2}`, retry: true, after: expect.any(Number) });
    for (const way of ['events', 'poll']) {
      const { status, headers, body } = await Page.ask(`${gateway.http}/realtime/${way}?topics=dock:1,dock:2,dock:3,dock:4,dock:5`, { token });
      expect({ status, wait: Number(headers['retry-after']) > 0, code: body['code'] }).toEqual({ status: 429, wait: true, code: 'limit.exceeded' });
    }
    expect(world.asked).toHaveLength(asked);
    await (await gateway.screen(await world.token(id(8)))).listen('dock:north');
    await expect.poll(async () => (await subscribed(asked)).t, { timeout: 5_000, interval: 100 }).toBe('subd');
  });

  it('is counted by the address that a trusted balancer tells of', async () => {
    const { url } = await world.gateway({ REALTIME_CONNECTIONS_PER_SECOND: '1', TRUST_PROXY: 'loopback' });
    const fates = [];
    for (const address of ['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.8']) fates.push(await knock(url, address));
    expect(fates.map((fate) => fate === 'open')).toEqual([true, true, false, true]);
  });
});
