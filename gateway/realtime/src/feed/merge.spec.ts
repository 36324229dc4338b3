import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentEvents, type ToldEvent } from '../history/recent-events.ts';
import { merged } from './merge.ts';

const TOPICS = ['dock:north', 'dock:south', 'berth:1', 'person:7'];

const remembered = (happened: readonly (readonly string[])[], bytes = 10) => {
  const recent = new RecentEvents({ events: 100_000, ageMs: 60_000, bytes: 1_000_000_000 });
  const events = happened.map((topics, n): ToldEvent => ({ seq: n + 1, id: String(n + 1), type: 'ship.sighted', storedAt: Date.now(), topics, payload: new Uint8Array(bytes) }));
  for (const event of events) recent.add(event);
  return { recent, events };
};

/** All that is told from a place on, piece after piece. */
const read = (recent: RecentEvents, topics: ReadonlyMap<string, number>, after = 0) => {
  const told: string[] = [];
  for (let pieces = 0; ; pieces++) {
    const piece = merged(recent, topics, after);
    if (piece.length === 0) return { told, pieces };
    told.push(...piece.map(({ event, topic }) => `${event.seq} ${topic}`));
    after = piece.at(-1)!.event.seq;
  }
};

describe('several topics in one order', () => {
  it('are told completely, once, in the order of the stream, from wherever each begins', () => {
    fc.assert(
      fc.property(
        fc.array(fc.subarray(TOPICS), { maxLength: 400 }),
        fc.dictionary(fc.constantFrom(...TOPICS), fc.nat(400)),
        fc.nat(400),
        fc.constantFrom(10, 3_000, 70_000),
        (happened, begins, after, bytes) => {
          const { recent, events } = remembered(happened, bytes);
          const topics = new Map(Object.entries(begins));
          const expected = events
            .filter(({ seq }) => seq > after)
            .flatMap(({ seq, topics: concerned }) => [...topics].filter(([topic, from]) => concerned.includes(topic) && seq > from).map(([topic]) => `${seq} ${topic}`));
          expect(read(recent, topics, after).told).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('come in pieces, and the topics of one event are never apart', () => {
    const { recent } = remembered(Array.from({ length: 30 }, () => TOPICS), 30_000);
    const topics = new Map(TOPICS.map((topic) => [topic, 0]));
    for (let after = 0; after < 30; ) {
      const piece = merged(recent, topics, after);
      expect(piece.length % TOPICS.length).toBe(0);
      after = piece.at(-1)!.event.seq;
    }
    expect(read(recent, topics).pieces).toBe(30);
  });

  it('that are quiet do not hold up the others', () => {
    const { recent } = remembered(Array.from({ length: 1_000 }, (_, n) => (n === 500 ? ['dock:south'] : ['dock:north'])));
    const { told } = read(recent, new Map([['dock:north', 0], ['dock:south', 0], ['berth:1', 0]]));
    expect(told).toHaveLength(1_000);
    expect(told[500]).toBe('501 dock:south');
  });
});
