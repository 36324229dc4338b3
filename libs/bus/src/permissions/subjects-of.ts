import type { EventType, Operation } from '@mela/contracts';
import type { Durable } from '../consume/durable.ts';
import { replayBellOf } from '../consume/dead-letters.ts';
import { bellOf } from '../outbox/doorbell.ts';
import { answersOf, inboxOf } from '../stream/private-inbox.ts';
import { eventSubject, FILLER_SUBJECT, FORGOT_SUBJECT, STREAM } from '../subjects.ts';

export interface Subjects {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

const API = '$JS.API';

/** A reader of its own inbox, who knows where the stream's end is. */
export const ofAnybody = (name: string): Subjects => ({ publish: [`${API}.STREAM.INFO.${STREAM}`], subscribe: [`${inboxOf(name)}.>`] });

export const ofAsking = (operations: readonly Operation[]): Subjects => ({ publish: operations.map(({ subject }) => subject), subscribe: [] });

/** Answers go to those who may ask, and to that part of their inboxes alone. */
export const ofAnswering = (name: string, askers: readonly string[]): Subjects => ({
  publish: askers.map((asker) => `${answersOf(inboxOf(asker))}.>`),
  subscribe: [`svc.${name}.>`],
});

/** A relay sends its service's events, holds the stream against what was sent, and makes it anew where it is gone. */
export const ofSaying = (service: string, nouns: readonly string[]): Subjects => ({
  publish: [
    ...nouns.map((noun) => `evt.${noun}.>`),
    FILLER_SUBJECT,
    FORGOT_SUBJECT,
    bellOf(service),
    `${API}.STREAM.CREATE.${STREAM}`,
    `${API}.STREAM.MSG.GET.${STREAM}`,
    `${API}.CONSUMER.LIST.${STREAM}`,
  ],
  subscribe: [bellOf(service)],
});

/** Wildcards match whole tokens only, so each durable is named. */
export const ofHearing = (service: string, durables: readonly Durable[]): Subjects => ({
  publish: durables.flatMap(({ name, filter }) => [
    `${API}.CONSUMER.CREATE.${STREAM}.${name}.${filter}`,
    `${API}.CONSUMER.INFO.${STREAM}.${name}`,
    `${API}.CONSUMER.MSG.NEXT.${STREAM}.${name}`,
    `$JS.ACK.${STREAM}.${name}.>`,
  ]),
  subscribe: [replayBellOf(service)],
});

/** Whoever follows everything looks whether what it had heard is still there. */
const ofFollowingEverything = [`${API}.STREAM.MSG.GET.${STREAM}`, `${API}.CONSUMER.CREATE.${STREAM}.*`, `${API}.CONSUMER.CREATE.${STREAM}.*.evt.>`];

/** Consumers under names that nobody knows beforehand: whoever is given this is denied every durable. */
export const ofFollowing = (events: 'everything' | readonly EventType[]): Subjects => ({
  publish: [
    ...(events === 'everything' ? ofFollowingEverything : events.map((event) => `${API}.CONSUMER.CREATE.${STREAM}.*.${eventSubject(event, '*')}`)),
    ...['INFO', 'MSG.NEXT', 'DELETE'].map((call) => `${API}.CONSUMER.${call}.${STREAM}.*`),
  ],
  subscribe: [],
});

/** Told by the server itself, without a consumer. */
export const ofOverhearing = (events: readonly EventType[]): Subjects => ({ publish: [], subscribe: events.map((event) => eventSubject(event, '*')) });

export const deniedOf = ({ name }: Durable): readonly string[] => [
  `${API}.CONSUMER.CREATE.${STREAM}.${name}`,
  `${API}.CONSUMER.CREATE.${STREAM}.${name}.>`,
  `${API}.CONSUMER.MSG.NEXT.${STREAM}.${name}`,
  `${API}.CONSUMER.DELETE.${STREAM}.${name}`,
];

/** A bucket is made, read, written and watched, never removed. */
export function ofKeeping(bucket: string): Subjects {
  const stream = `KV_${bucket}`;
  return {
    publish: [
      `$KV.${bucket}.>`,
      `${API}.INFO`,
      ...['INFO', 'CREATE', 'PURGE', 'MSG.GET'].map((call) => `${API}.STREAM.${call}.${stream}`),
      `${API}.DIRECT.GET.${stream}`,
      `${API}.DIRECT.GET.${stream}.>`,
      `${API}.CONSUMER.CREATE.${stream}.>`,
      ...['INFO', 'MSG.NEXT', 'DELETE'].map((call) => `${API}.CONSUMER.${call}.${stream}.*`),
      `$JS.FC.${stream}.>`,
    ],
    subscribe: [],
  };
}
