import { Redis } from 'ioredis';

const ANSWER_MS = 100;

/**
 * A Redis that may be away. A command waits a tenth of a second at most and is never kept for later: counting a
 * request after it was answered, or reading what was answered without it, helps nobody. A connection that has fallen
 * silent is given up and made anew.
 */
export function openRedis(url: string, name: string): Redis {
  const redis = new Redis(url, {
    connectionName: `mela-${name}`,
    lazyConnect: true,
    connectTimeout: 1_000,
    commandTimeout: ANSWER_MS,
    socketTimeout: 2_000,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 200, 2_000) + Math.random() * 200,
  });
  // Each failed attempt to connect says so here; the requests notice by themselves, and tell it once.
  redis.on('error', () => undefined);
  return redis;
}
