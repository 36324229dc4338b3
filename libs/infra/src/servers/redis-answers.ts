import { Redis } from 'ioredis';
import type { Answer } from '../answers.ts';

export async function redisAnswers(url: string, within: number): Promise<Answer> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: within, commandTimeout: within, connectionName: 'mela', disconnectTimeout: 100 });
  let reason: Error | undefined;
  redis.on('error', (fault: Error) => (reason = fault));
  try {
    await redis.connect();
    const info = await redis.info('server');
    const value = (field: string) => new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1];
    return { version: value('valkey_version') ?? value('redis_version') ?? 'unknown' };
  } catch (fault) {
    // connect() only says that the connection is closed; the event says why.
    throw reason ?? fault;
  } finally {
    redis.disconnect();
  }
}
