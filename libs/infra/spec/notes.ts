import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import pg from 'pg';
import { natsAccess } from '../src/index.ts';

/** Leaves a word in a part, and reads it again later. */
export interface Notebook {
  write(word: string): Promise<void>;
  read(): Promise<string | undefined>;
}

export function postgresNotes(url: string): Notebook {
  const ask = async (sql: string, values: string[] = []) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client.query<{ word: string }>(sql, values).finally(() => client.end());
  };
  return {
    write: async (word) => {
      await ask('create table if not exists note (word text)');
      await ask('insert into note values ($1)', [word]);
    },
    read: async () => (await ask('select word from note order by ctid desc limit 1')).rows[0]?.word,
  };
}

export function natsNotes(url: string): Notebook {
  const manager = async <T>(work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>) => {
    const connection = await connect(natsAccess(url));
    return work(await jetstreamManager(connection)).finally(() => connection.close());
  };
  return {
    write: (word) => manager(async (all) => {
      await all.streams.add({ name: 'NOTES', subjects: ['notes'] });
      await all.jetstream().publish('notes', word);
    }),
    read: () => manager(async (all) => (await all.streams.getMessage('NOTES', { last_by_subj: 'notes' }))?.string()),
  };
}

export function redisNotes(url: string): Notebook {
  const ask = async <T>(work: (redis: Redis) => Promise<T>) => {
    const redis = new Redis(url, { disconnectTimeout: 50, maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    return work(redis).finally(() => redis.disconnect());
  };
  return {
    write: async (word) => void (await ask((redis) => redis.set('note', word))),
    read: async () => (await ask((redis) => redis.get('note'))) ?? undefined,
  };
}

export function notesIn(parts: { databaseAdminUrl: string; natsUrl: string; redisUrl: string }): Notebook[] {
  return [postgresNotes(parts.databaseAdminUrl), natsNotes(parts.natsUrl), redisNotes(parts.redisUrl)];
}
