import { isDeepStrictEqual } from 'node:util';
import { mela, parseTopic, topic, type TopicName } from '@mela/contracts';
import type { Entry, HeardEvent, StreamEvent, Violation } from '@mela/testkit/chaos';
import { add } from '../groups.ts';
import { Rights } from '../rights.ts';
import { copyHeard, indexOf, type StreamIndex } from '../stream-index.ts';
import { nameOfRight } from '../turns.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * What a screen hears is in the stream, as the stream has it and on a topic that it concerns; each event once per topic of a
 * connection, in the stream's order, and none left out in between while the right to it lasts. What the stream lost and got back is no news.
 */
export const screens: Judge = (evidence, workloads) => {
  const [index, rights] = [indexOf(evidence.stream), new Rights(evidence, workloads)];
  return [...connections(evidence.history).values()].flatMap((all) => {
    // Of a connection that heard what the stream has lost since, nobody can say any more what it should have heard.
    const rewound = all.some((heard) => copyHeard(heard, index) === undefined);
    return [...Map.groupBy(all, ({ topic: name }) => name).values()].flatMap((heard) => [
      ...heard.flatMap((one) => untrue(one, index)), ...repeated(heard, index), ...disorder(heard, index), ...(rewound ? [] : spansOf(heard, rights, index).flatMap((span) => leftOut(span, index))),
    ]);
  });
};

/** In the order of the history. Topics of one connection may overtake each other: what was held until a grant comes late. */
function connections(history: readonly Entry[]): Map<string, HeardEvent[]> {
  const groups = new Map<string, HeardEvent[]>();
  for (const entry of history) if (entry.kind === 'heard') add(groups, `${entry.who} ${entry.personId} ${entry.connection}`, entry);
  return groups;
}

/** Heard before the right ended for the first time, before it did for the second, and so on: in between nothing was theirs to hear. */
function spansOf(heard: readonly HeardEvent[], rights: Rights, index: StreamIndex): HeardEvent[][] {
  const right = rights.needed(heard[0]!);
  const ended = (right && index.rights.get(nameOfRight(right))?.ended) ?? [];
  return [...Map.groupBy(heard, (one) => ended.filter((end) => end < copyHeard(one, index)!.seq).length).values()];
}

/** Between the first and the last that it heard, what was stored for the first time there. */
function leftOut(heard: readonly HeardEvent[], index: StreamIndex): Violation[] {
  const places = heard.map((one) => copyHeard(one, index)!.seq);
  const [first, last] = [Math.min(...places), Math.max(...places)];
  const ids = new Set(heard.map(({ id }) => id));
  const { who, personId, connection, topic: name } = heard[0]!;
  return (index.onTopic.get(name) ?? [])
    .filter(({ seq, id, restored }) => seq > first && seq < last && !ids.has(id) && !restored)
    .map(({ seq, id, type }) => ({
      invariant,
      what: `${who} did not hear ${type} ${id} of ${seq} on ${name} of connection ${connection}, which heard what lies before it and after it`,
      about: [id, personId],
    }));
}

function untrue(heard: HeardEvent, index: StreamIndex): Violation[] {
  const event = index.copies.get(heard.id)?.[0];
  const complain = (what: string): Violation[] => [{ invariant, what: `${heard.who} heard ${heard.type} ${heard.id} on ${heard.topic}, ${what}`, about: [heard.id, heard.personId] }];
  if (!event) return complain('and the stream does not have it');
  if (event.type !== heard.type || !isDeepStrictEqual(event.data, heard.data)) return complain(`and at ${event.seq} the stream has it otherwise`);
  if (!concerns(event, heard.topic)) return complain('which it does not concern');
  if (copyHeard(heard, index)?.restored) return complain(`as news: it was only put back, by a relay`);
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

/** A cursor of a stream whose end was lost since says nothing of this one's order. */
function disorder(heard: readonly HeardEvent[], index: StreamIndex): Violation[] {
  const violations: Violation[] = [];
  let before: { id: string; seq: number } | undefined;
  for (const one of heard) {
    const { id, who, personId, connection, topic: name } = one;
    const seq = copyHeard(one, index)?.seq;
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

