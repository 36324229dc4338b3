import { isDeepStrictEqual } from 'node:util';
import { mela, parseTopic, topic, type TopicName } from '@mela/contracts';
import type { Entry, HeardEvent, StreamEvent, Violation } from '@mela/testkit/chaos';
import { add } from '../groups.ts';
import { copyHeard, indexOf, type StreamIndex } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';
/** What a poll answers of a topic that was not heard on it before. */
const ANSWERED: ReadonlySet<string> = new Set(['subscribed', 'put off', 'refused']);

/**
 * What a gateway says on one line of a screen is in the stream, as the stream has it and on a topic that it concerns; each event once
 * on each topic, in the stream's order, whatever the client makes of it. What the stream lost and got back is no news.
 */
export const screens: Judge = (evidence) => {
  const index = indexOf(evidence.stream);
  return [...lines(evidence.history).values()].flatMap((all) =>
    [...Map.groupBy(all, ({ topic: name }) => name).values()].flatMap((heard) => [...heard.flatMap((one) => untrue(one, index)), ...repeated(heard, index), ...disorder(heard, index)]),
  );
};

/**
 * In the order of the history. Topics of one line may overtake each other: what was held until a grant comes late. A poll is asked
 * from the place of the topic that is furthest behind: with every topic that comes back, or is asked for in vain, the others are said
 * from there again.
 */
function lines(history: readonly Entry[]): Map<string, HeardEvent[]> {
  const groups = new Map<string, HeardEvent[]>();
  const polled = new Map<string, number>();
  for (const entry of history) {
    if (entry.kind !== 'heard' && entry.kind !== 'followed') continue;
    const line = `${entry.screen} ${entry.who} ${entry.connection}`;
    const turn = polled.get(line);
    if (entry.kind === 'heard') add(groups, `${line} ${turn ?? ''}`, entry);
    else if ((entry.what === 'connected' && entry.way === 'poll') || (turn !== undefined && ANSWERED.has(entry.what))) polled.set(line, (turn ?? 0) + 1);
  }
  return groups;
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
