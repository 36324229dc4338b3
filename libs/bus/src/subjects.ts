import { crc32 } from 'node:zlib';
import { RESERVED_NOUN, type EventType } from '@mela/contracts';

export const STREAM = 'MELA';
export const SHARDS = 16;

/** All events of one aggregate share a shard, so one relay sends them in order. */
export const shardOf = (aggregateId: string): number => crc32(aggregateId) % SHARDS;

export const eventSubject = (event: Pick<EventType, 'noun' | 'verb'>, shard: number | '*'): string =>
  `evt.${event.noun}.${event.verb}.${shard}`;

/** Durable names take no dots. */
export const durableName = (consumer: string): string => consumer.replaceAll('.', '_');

/** Takes a place in the stream that no event may have. No contract can declare its noun, so nobody hears it. */
export const FILLER_SUBJECT = `evt.${RESERVED_NOUN}.skipped.0`;

/** Header of an event that a relay sent again because the stream had lost it: it was told already. */
export const RESTORED = 'mela-restored';

export const isFiller = (subject: string): boolean => subject.startsWith(`evt.${RESERVED_NOUN}.`);
