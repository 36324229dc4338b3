import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { named, openPartGround, strike } from './ground.fixture.ts';
import { redisFaults } from './redis.ts';

let opened: Awaited<ReturnType<typeof openPartGround>>;
beforeAll(async () => {
  opened = await openPartGround('redis');
});
afterAll(() => opened.close());

async function ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(opened.server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0, disconnectTimeout: 50 });
  redis.on('error', () => undefined);
  return work(redis).finally(() => redis.disconnect());
}

describe('harm to Redis', () => {
  it('forgets everything', async () => {
    await ask((redis) => redis.set('job', 'waiting'));
    const harm = await strike(opened.ground, named(redisFaults, 'redis forgets'));
    expect(harm.what).toBe('FLUSHALL of 1 keys');
    expect(await ask((redis) => redis.get('job'))).toBeNull();
  });

  it('is gone until it is healed, and answers again', async () => {
    const harm = await strike(opened.ground, named(redisFaults, 'redis down'));
    await expect(ask((redis) => redis.ping())).rejects.toThrow();
    await harm.heal();
    expect(await ask((redis) => redis.ping())).toBe('PONG');
  });
});
