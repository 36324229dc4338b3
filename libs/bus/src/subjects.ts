import { crc32 } from 'node:zlib';
import { RESERVED_NOUN, type EventType } from '@mela/contracts';

export const STREAM = 'MELA';
export const SHARDS = 16;

/** All events of one aggregate share a shard, so one relay sends them in order. */
export const shardOf = (aggregateId: string): number => crc32(aggregateId) % SHARDS;

export const eventSubject = (event: Pick<EventType, 'noun' | 'verb'>, shard: number | '*'): string =>
  `evt.${event.noun}.${event.verb}.${shard}`;

/** What an event's subject says it is, whatever it says itself: the server lets only those publish there whose it is. */
export const isSubjectOf = ({ noun, verb }: Pick<EventType, 'noun' | 'verb'>, subject: string): boolean => subject.slice(0, subject.lastIndexOf('.')) === `evt.${noun}.${verb}`;

export const nounOf = (subject: string): string => subject.split('.', 2)[1]!;

/** Durable names take no dots. */
export const durableName = (consumer: string): string => consumer.replaceAll('.', '_');

/** Takes a place in the stream that no event may have. No contract can declare its noun, so nobody hears it. */
export const FILLER_SUBJECT = `evt.${RESERVED_NOUN}.skipped.0`;

/** Events that were stored before it are gone, and nobody can send them again: replicas that follow the stream have holes. */
export const FORGOT_SUBJECT = `evt.${RESERVED_NOUN}.forgot.0`;

/** A header of events that were in the stream before it lost them: they are sent again, and are no news. */
export const RESTORED = 'mela-restored';

/** What relays say among themselves and to replicas. */
export const isFiller = (subject: string): boolean => subject.startsWith(`evt.${RESERVED_NOUN}.`);
