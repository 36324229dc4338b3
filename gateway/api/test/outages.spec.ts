import { connectBus, ensureStream, STREAM } from '@mela/bus';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  gateway = await ground.gateway({ REQUEST_TIMEOUT_MS: '4000' });
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

const get = (path: string, at = gateway) => fetch(`${at.address}/api/v1${path}`);

describe('when a service', () => {
  it('is not there, the answer is 503 at once', async () => {
    const begun = performance.now();
    const response = await get('/absent');
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await response.json()).toMatchObject({ code: 'service.unavailable', traceId: response.headers.get('trace-id') });
  });

  it('does not answer in time, the answer is 504', async () => {
    const impatient = await ground.gateway({ REQUEST_TIMEOUT_MS: '150' });
    let free = () => undefined as void;
    ground.answers.set('slow', () => new Promise((resolve) => (free = () => resolve(jsonReply({})))));
    const response = await get('/slow', impatient);
    free();
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: 'service.timed_out' });
    expect(Number(ground.seen.get('slow')!.headers('mela-time-left'))).toBeLessThanOrEqual(150);
  });
});

describe('when the bus', () => {
  it('is away for long, the answer is 503 at once, and the gateway is not ready until it is back', async () => {
    await ground.nats.crash();
    try {
      await expect.poll(async () => (await get('/shelves/1/books')).status, { timeout: 15_000, interval: 100 }).toBe(503);
      const begun = performance.now();
      expect(await (await get('/shelves/1/books')).json()).toMatchObject({ code: 'service.unavailable' });
      expect(performance.now() - begun).toBeLessThan(1_000);
      const health = await fetch(`${gateway.address}/health/ready`);
      expect(health.status).toBe(503);
      expect(await health.json()).toEqual({ ready: false, checks: { 'api.bus': { fault: 'is not connected' }, 'api.sessions': { fault: expect.any(String) } } });
      expect((await fetch(`${gateway.address}/health/live`)).status).toBe(200);
    } finally {
      await ground.nats.restart();
    }
    await expect.poll(async () => (await get('/shelves/1/books')).status, { timeout: 15_000, interval: 100 }).toBe(200);
    await expect.poll(async () => (await fetch(`${gateway.address}/health/ready`)).status, { timeout: 15_000, interval: 100 }).toBe(200);
  });

  it('is there and its stream is not, the gateway says that it hears of no session that ends, until it does again', async () => {
    const nc = await connectBus({ url: ground.nats.url, name: 'test' });
    const readiness = async () => (await fetch(`${gateway.address}/health/ready`)).json();
    try {
      await (await jetstreamManager(nc)).streams.delete(STREAM);
      await expect.poll(readiness, { timeout: 15_000 }).toEqual({ ready: false, checks: { 'api.bus': 'ok', 'api.sessions': { fault: expect.any(String) } } });
      expect((await get('/shelves/1/books')).status).toBe(200);
    } finally {
      await ensureStream(nc);
      await nc.close();
    }
    await expect.poll(readiness, { timeout: 15_000 }).toEqual({ ready: true, checks: { 'api.bus': 'ok', 'api.sessions': 'ok' } });
  });
});
