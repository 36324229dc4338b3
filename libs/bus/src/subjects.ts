import { crc32 } from 'node:zlib';
import type { EventType } from '@mela/contracts';

export const STREAM = 'MELA';
export const SHARDS = 16;

/** All events of one aggregate share a shard, so one relay sends them in order. */
export const shardOf = (aggregateId: string): number => crc32(aggregateId) % SHARDS;

export const eventSubject = (event: Pick<EventType, 'noun' | 'verb'>, shard: number | '*'): string =>
  `evt.${event.noun}.${event.verb}.${shard}`;

/** Durable names take no dots. */
export const durableName = (consumer: string): string => consumer.replaceAll('.', '_');
