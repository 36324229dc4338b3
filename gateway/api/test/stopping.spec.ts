import { Agent, get, type IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Ground, jsonReply } from './ground.fixture.ts';
import { openRaw } from './raw.fixture.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.open();
});
afterEach(() => ground.answers.clear());
afterAll(() => ground?.close());

/** An answer that is given when the test says so. */
function heldBack(name: string): { asked: Promise<void>; give(): void } {
  let give = () => undefined as void;
  const asked = new Promise<void>((resolve) =>
    ground.answers.set(name, () => {
      resolve();
      return new Promise((answer) => (give = () => answer(jsonReply({ done: true }))));
    }),
  );
  return { asked, give: () => give() };
}

function read(url: string, agent: Agent): Promise<IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve(Object.assign(response, { text })));
    }).on('error', reject);
  });
}

describe('a gateway that is stopped', () => {
  it('takes no new connection, finishes what it began, serves what is under way, and closes', async () => {
    const gateway = await ground.gateway();
    const slow = heldBack('slow');
    const [one, other] = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent({ keepAlive: true, maxSockets: 1 })];
    await read(`${gateway.address}/health/live`, other);

    const begun = read(`${gateway.address}/api/v1/slow`, one);
    await slow.asked;
    gateway.process.health.drain();
    const stopped = gateway.stop();

    const late = await read(`${gateway.address}/api/v1/shelves/1/books`, other);
    expect(late.statusCode).toBe(200);
    expect(late.headers.connection).toBe('close');
    await expect(fetch(gateway.address)).rejects.toThrow();

    slow.give();
    const answer = await begun;
    expect([answer.statusCode, answer.text, answer.headers.connection]).toEqual([200, '{"done":true}', 'close']);
    await stopped;
    one.destroy();
    other.destroy();
  });

  it('says over an open connection that it is not ready', async () => {
    const gateway = await ground.gateway();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await read(`${gateway.address}/health/live`, agent);
    gateway.process.health.drain();
    const stopped = gateway.stop();
    const ready = await read(`${gateway.address}/health/ready`, agent);
    expect(ready.statusCode).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({ ready: false, checks: { process: { fault: 'is shutting down' } } });
    await stopped;
    agent.destroy();
  });

  it('waits for nobody who says nothing', async () => {
    const gateway = await ground.gateway();
    const silent = openRaw(gateway.address);
    await new Promise((resolve) => silent.once('connect', resolve));
    const idle = new Agent({ keepAlive: true });
    await read(`${gateway.address}/health/live`, idle);
    const begun = performance.now();
    await gateway.stop();
    expect(performance.now() - begun).toBeLessThan(5_000);
    silent.destroy();
    idle.destroy();
  });

  it('fails no request of clients that are in the middle of many', async () => {
    const gateway = await ground.gateway();
    const agents = Array.from({ length: 10 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    let served = 0;
    const clients = agents.map(async (agent) => {
      for (;;) {
        const response = await read(`${gateway.address}/api/v1/shelves/1/books`, agent);
        expect(response.statusCode).toBe(200);
        served++;
        if (response.headers.connection === 'close') return;
      }
    });
    await expect.poll(() => served, { timeout: 10_000, interval: 5 }).toBeGreaterThan(200);
    await gateway.stop();
    await Promise.all(clients);
    for (const agent of agents) agent.destroy();
  });

  it('may be stopped twice', async () => {
    const gateway = await ground.gateway();
    await Promise.all([gateway.stop(), gateway.stop()]);
  });
});

describe('a gateway that cannot start', () => {
  it('because its port is taken says so, and leaves nothing behind', async () => {
    const gateway = await ground.gateway();
    const { port } = new URL(gateway.address);
    await expect(ground.gateway({ API_PORT: port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is in use: set API_PORT to another one`);
    expect((await fetch(gateway.address)).status).toBe(200);
  });

  it('because its settings are wrong names all of them', async () => {
    const wrong = { REDIS_URL: 'http://redis', CURSOR_SECRET: 'short', TRUST_PROXY: 'everybody', CORS_ORIGINS: '*', API_PORT: '99999', RATE_LIMITS: 'maybe' };
    const fault = await ground.gateway(wrong).then(() => undefined, (error: Error) => error.message);
    for (const name of Object.keys(wrong)) expect(fault).toContain(name);
  });

  it('because it would speak in the clear in production', async () => {
    await expect(ground.gateway({ MELA_ENV: 'production', ALLOW_PLAINTEXT: 'false', NATS_URL: ground.nats.url.replace('nats:', 'tls:') })).rejects.toThrow('REDIS_URL: is to begin with rediss://');
  });
});
