import type { HeardEvent, StreamEvent, Violation } from '@mela/testkit/chaos';
import { followingsIn, type Fault, type Following, type Span } from '../screens/spans.ts';
import { copyHeard, indexOf, type StreamIndex } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Whatever becomes of its lines, a screen is told each event of a topic once, in the stream's order and with nothing left out, from
 * where it began to listen to where it stopped; to the stream's end, if it never did. Where the gateway says that it cannot go on from
 * there, the client says so, and there alone may be a hole: also where a right ended and began again meanwhile.
 */
export const following: Judge = (evidence) => {
  const index = indexOf(evidence.stream);
  return followingsIn(evidence.history).flatMap((one) => [
    ...one.faults.map((fault) => complain(one, fault)),
    ...one.spans.flatMap((span) => [...repeated(one, span), ...disorder(one, span, index), ...missed(one, span, index)]),
  ]);
};

const said: Readonly<Record<Fault['kind'], string>> = {
  untold: 'was not told that there may be a hole',
  groundless: 'was told that there may be a hole, and the gateway had said nothing of one',
  unasked: 'was told what it did not listen to',
  unanswered: 'was never told whether it may hear it',
};

const complain = ({ who, personId, screen, topic }: Following, { kind, at, id }: Fault): Violation => ({
  invariant,
  what: `Screen ${screen} of ${who} ${said[kind]}, on ${topic} at ${at} ms`,
  about: [personId, topic, ...(id === undefined ? [] : [id])],
});

function repeated({ who, personId, screen, topic }: Following, { told }: Span): Violation[] {
  return [...Map.groupBy(told, ({ id }) => id)].flatMap(([id, same]) => {
    if (same.length === 1) return [];
    const lines = [...new Set(same.map(({ connection }) => connection))].join(', ');
    return [{ invariant, what: `Screen ${screen} of ${who} told ${same[0]!.type} ${id} ${same.length} times on ${topic}, of its lines ${lines}`, about: [id, personId] }];
  });
}

/** A place that the stream has lost since says nothing of this one's order. */
function disorder({ who, personId, screen, topic }: Following, { told }: Span, index: StreamIndex): Violation[] {
  const violations: Violation[] = [];
  let before: { readonly id: string; readonly seq: number } | undefined;
  for (const one of told) {
    const seq = copyHeard(one, index)?.seq;
    if (seq === undefined) continue;
    if (before && seq < before.seq)
      violations.push({ invariant, what: `Screen ${screen} of ${who} told event ${one.id} of ${seq} after event ${before.id} of ${before.seq} on ${topic}`, about: [one.id, before.id, personId] });
    else before = { id: one.id, seq };
  }
  return violations;
}

function missed({ who, personId, screen, topic }: Following, span: Span, index: StreamIndex): Violation[] {
  const { sound, isWhole } = still(span.told, index);
  const until = span.lasting && isWhole ? Number.POSITIVE_INFINITY : Math.max(span.from, ...sound.map(({ seq }) => seq));
  // A line that takes another’s place may say that there is a hole when the other has told what came since.
  const told = new Set([...(span.after?.told ?? []), ...span.told].map(({ id }) => id));
  return (index.onTopic.get(topic) ?? [])
    .filter((event) => event.seq > span.from && event.seq <= until && !event.restored && !told.has(event.id))
    .map(({ seq, id, type }) => ({
      invariant,
      what: `Screen ${screen} of ${who} was not told ${type} ${id} of ${seq} on ${topic}, ${span.lasting && seq > (sound.at(-1)?.seq ?? 0) ? 'to which it listened to the end' : 'of which it was told what lies behind it'}`,
      about: [id, personId],
    }));
}

/** What was told before the stream lost its end. Of what comes behind that nobody can say any more what it should have been. */
function still(told: readonly HeardEvent[], index: StreamIndex): { readonly sound: readonly StreamEvent[]; readonly isWhole: boolean } {
  const copies = told.map((one) => copyHeard(one, index));
  const lost = copies.indexOf(undefined);
  return { sound: (lost < 0 ? copies : copies.slice(0, lost)) as StreamEvent[], isWhole: lost < 0 };
}
