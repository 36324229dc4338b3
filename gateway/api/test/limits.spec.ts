import type { OpenPart } from '@mela/infra';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ground, type Gateway } from './ground.fixture.ts';

let ground: Ground;
let redis: OpenPart;
let gateway: Gateway;

beforeAll(async () => {
  ground = await Ground.open();
  redis = await ground.redis();
  gateway = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
});
afterAll(() => ground?.close());

const from = (address: string, more: Record<string, string> = {}) => ({ headers: { 'x-forwarded-for': address, ...more } });
const standing = ({ status, headers }: Response) => ({ status, limit: headers.get('ratelimit-limit'), remaining: headers.get('ratelimit-remaining') });
const mine = async (sub: string, address: string, at = gateway) => fetch(`${at.address}/api/v1/mine`, from(address, { authorization: `Bearer ${await ground.token({ sub })}` }));
const visit = (address: string, at = gateway) => fetch(`${at.address}/api/v1/visits`, { method: 'POST', ...from(address) });

describe('a limit per person', () => {
  it('counts a person wherever they are, tells how much is left, and then says when to come back', async () => {
    expect(standing(await mine('asha', '10.0.0.1'))).toEqual({ status: 200, limit: '3', remaining: '2' });
    expect(standing(await mine('asha', '10.0.0.2'))).toEqual({ status: 200, limit: '3', remaining: '1' });
    expect(standing(await mine('asha', '10.0.0.3'))).toEqual({ status: 200, limit: '3', remaining: '0' });
    for (const _ of [1, 2]) {
      const refused = await mine('asha', '10.0.0.4');
      expect(standing(refused)).toEqual({ status: 429, limit: '3', remaining: '0' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
      expect(refused.headers.get('retry-after')).toBe(refused.headers.get('ratelimit-reset'));
      expect(await refused.json()).toMatchObject({ status: 429, code: 'limit.exceeded', hint: expect.any(String) });
    }
    expect((await mine('ravi', '10.0.0.4')).status).toBe(200);
  });

  it('counts whoever is not signed in by address, and lets nobody guess tokens without end', async () => {
    const guess = () => fetch(`${gateway.address}/api/v1/mine`, from('10.1.0.1', { authorization: 'Bearer guessed.it.maybe' }));
    expect([await guess(), await guess(), await guess(), await guess()].map(({ status }) => status)).toEqual([401, 401, 401, 429]);
  });
});

describe('a limit per address', () => {
  it('counts an address, all that one IPv6 customer has as one', async () => {
    expect([await visit('10.2.0.1'), await visit('10.2.0.1'), await visit('10.2.0.1')].map(({ status }) => status)).toEqual([200, 200, 429]);
    expect([await visit('2001:db8::1'), await visit('2001:db8::2'), await visit('2001:db8:0:0:ffff::3')].map(({ status }) => status)).toEqual([200, 200, 429]);
    expect((await visit('2001:db8:0:1::1')).status).toBe(200);
  });

  it('is shared by all gateways', async () => {
    const other = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
    expect([await visit('10.3.0.1'), await visit('10.3.0.1', other), await visit('10.3.0.1')].map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it('is not escaped by saying another address, unless a balancer says it', async () => {
    const direct = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on' });
    expect([await visit('10.4.0.1', direct), await visit('10.4.0.2', direct), await visit('10.4.0.3', direct)].map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it('holds over all operations together', async () => {
    const small = await ground.gateway({ REDIS_URL: redis.url, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1', ADDRESS_LIMIT: '2' });
    const read = () => fetch(`${small.address}/api/v1/shelves/1/books`, from('10.5.0.1'));
    expect(standing(await read())).toEqual({ status: 200, limit: '2', remaining: '1' });
    expect([await read(), await read()].map(({ status }) => status)).toEqual([200, 429]);
    expect((await fetch(`${small.address}/api/v1/notes`, { method: 'POST', ...from('10.5.0.1') })).status).toBe(429);
  });
});

describe('while Redis', () => {
  const SUSPENDED = 'Redis does not answer: requests are not limited until it does';
  const BACK = 'Redis answers again: requests are limited';
  const told = ({ lines }: Gateway) => lines.filter(({ level, msg }) => level === 40 || msg === BACK).map(({ msg }) => msg);
  const suspended = async ({ process }: Gateway) => /^mela_rate_limits_suspended (\d)/m.exec(await process.metrics.metrics())?.[1];
  const many = (at: Gateway) => Promise.all(Array.from({ length: 50 }, () => visit('10.6.0.1', at)));
  const statuses = (answers: Response[]) => [...new Set(answers.map(({ status }) => status))].sort();

  async function limited(): Promise<{ own: OpenPart; at: Gateway }> {
    const own = await ground.redis();
    const at = await ground.gateway({ REDIS_URL: own.url, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
    expect((await visit('10.7.0.1', at)).headers.get('ratelimit-remaining')).toBe('1');
    return { own, at };
  }

  const untilLimited = (at: Gateway) =>
    expect.poll(async () => (await visit('10.7.0.2', at)).headers.get('ratelimit-limit'), { timeout: 15_000, interval: 100 }).toBe('2');

  it('is not there at the start, nobody is limited, one line says so, and counting begins when it comes', async () => {
    const own = await ground.redis();
    await own.crash();
    const at = await ground.gateway({ REDIS_URL: own.url, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
    const answers = await many(at);
    expect(statuses(answers)).toEqual([200]);
    expect(answers[0]!.headers.get('ratelimit-limit')).toBeNull();
    expect(told(at)).toEqual([SUSPENDED]);
    expect(await suspended(at)).toBe('1');
    expect((await fetch(`${at.address}/health/ready`)).status).toBe(200);
    await own.restart();
    await untilLimited(at);
    expect(told(at)).toEqual([SUSPENDED, BACK]);
  });

  it('has died, nobody is limited, one line an outage says so, and counting goes on when it is back', async () => {
    const { own, at } = await limited();
    for (const outage of [1, 2]) {
      await own.crash();
      expect(statuses(await many(at)), `outage ${outage}`).toEqual([200]);
      expect(statuses(await many(at)), `outage ${outage}`).toEqual([200]);
      await own.restart();
      await untilLimited(at);
    }
    expect(told(at)).toEqual([SUSPENDED, BACK, SUSPENDED, BACK]);
    expect(await suspended(at)).toBe('0');
  });

  it('hangs, a request waits a tenth of a second at most, and few do', async () => {
    const { own, at } = await limited();
    process.kill(own.pid!, 'SIGSTOP');
    try {
      const begun = performance.now();
      expect(statuses(await many(at))).toEqual([200]);
      for (let n = 0; n < 40; n++) expect((await visit('10.6.0.1', at)).status).toBe(200);
      // Forty of them, one after another: each waiting its tenth would take four seconds.
      expect(performance.now() - begun).toBeLessThan(3_000);
      expect(told(at)).toEqual([SUSPENDED]);
    } finally {
      process.kill(own.pid!, 'SIGCONT');
    }
    await untilLimited(at);
    expect(told(at)).toEqual([SUSPENDED, BACK]);
  });

  it('forgets its scripts and counts, counting goes on', async () => {
    const { own, at } = await limited();
    const redis = new Redis(own.url);
    await redis.flushall();
    await redis.script('FLUSH');
    await redis.quit();
    expect(standing(await visit('10.7.0.1', at))).toEqual({ status: 200, limit: '2', remaining: '1' });
    expect(told(at)).toEqual([]);
  });
});
