import { isDeepStrictEqual } from 'node:util';
import { mela, parseTopic, topic, type TopicName } from '@mela/contracts';
import type { Entry, HeardEvent, StreamEvent, Violation } from '@mela/testkit/chaos';
import { add, indexOf, placeOf, type StreamIndex } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * What a screen hears is in the stream, as the stream has it and on a topic that it concerns; each event once
 * per topic of a connection, in the stream's order. That a screen hears all there is, is not judged: a broken connection may miss some.
 */
export const screens: Judge = ({ history, stream }) => {
  const index = indexOf(stream);
  return [...connections(history).values()].flatMap((heard) => [...heard.flatMap((one) => untrue(one, index)), ...repeated(heard, index), ...disorder(heard, index)]);
};

/** In the order of the history. Topics of one connection may overtake each other: what was held until a grant comes late. */
function connections(history: readonly Entry[]): Map<string, HeardEvent[]> {
  const groups = new Map<string, HeardEvent[]>();
  for (const entry of history) if (entry.kind === 'heard') add(groups, `${entry.who} ${entry.personId} ${entry.connection} ${entry.topic}`, entry);
  return groups;
}

function untrue(heard: HeardEvent, { copies }: StreamIndex): Violation[] {
  const event = copies.get(heard.id)?.[0];
  const complain = (what: string): Violation[] => [{ invariant, what: `${heard.who} heard ${heard.type} ${heard.id} on ${heard.topic}, ${what}`, about: [heard.id, heard.personId] }];
  if (!event) return complain('and the stream does not have it');
  if (event.type !== heard.type || !isDeepStrictEqual(event.data, heard.data)) return complain(`and at ${event.seq} the stream has it otherwise`);
  if (!concerns(event, heard.topic)) return complain('which it does not concern');
  const { kind, key } = parseTopic(heard.topic) ?? {};
  return kind === topic.person.kind && key !== heard.personId ? complain('which is another person’s') : [];
}

const concerns = (event: StreamEvent, name: string): boolean => mela.events.get(event.type)?.audience(event.data).includes(name as TopicName) ?? true;

/** What lies in the stream again is not told again: a connection hears each event of a topic once. */
function repeated(heard: readonly HeardEvent[], { copies }: StreamIndex): Violation[] {
  return [...Map.groupBy(heard, ({ id }) => id)].flatMap(([id, same]) => {
    if (same.length === 1) return [];
    const places = copies.get(id)?.length ?? 0;
    const { who, personId, connection, topic: name, type } = same[0]!;
    return [{ invariant, what: `${who} heard ${type} ${id} ${same.length} times on ${name} of connection ${connection}; the stream has it ${places} times`, about: [id, personId] }];
  });
}

function disorder(heard: readonly HeardEvent[], index: StreamIndex): Violation[] {
  const violations: Violation[] = [];
  let before: { id: string; seq: number } | undefined;
  for (const one of heard) {
    const { id, who, personId, connection, topic: name } = one;
    const seq = placeOf(one, index);
    if (seq === undefined) continue;
    if (before && seq < before.seq)
      violations.push({
        invariant,
        what: `${who} heard event ${id} of ${seq} after event ${before.id} of ${before.seq} on ${name} of connection ${connection}`,
        about: [id, before.id, personId],
      });
    else before = { id, seq };
  }
  return violations;
}

