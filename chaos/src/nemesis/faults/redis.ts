import { Redis } from 'ioredis';
import { nothing, type Fault } from '../fault.ts';
import { killed, outOfReach } from './servers.ts';

const forgets: Fault = {
  name: 'redis forgets',
  family: 'redis',
  weight: 2,
  longestMs: 6_000,
  impossible: (ground) => outOfReach(ground, 'redis'),
  strike: async ({ parts }) => {
    const redis = new Redis(parts.redis.url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 5_000, commandTimeout: 5_000, disconnectTimeout: 100 });
    redis.on('error', () => undefined);
    try {
      await redis.connect();
      const keys = await redis.dbsize();
      await redis.flushall();
      return { what: `FLUSHALL of ${keys} keys`, holdMs: 0, heal: nothing };
    } finally {
      redis.disconnect();
    }
  },
};

export const redisFaults: readonly Fault[] = [forgets, killed('redis', 'down', 2, [1_000, 10_000])];
