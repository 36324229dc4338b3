import { describe, expect, it } from 'vitest';
import { RecentEvents, type ToldEvent } from './recent-events.ts';

const bounds = { events: 1_000, ageMs: 60_000, bytes: 1_000_000 };
const at = (seq: number, { topics = ['dock:north'], storedAt = 0, bytes = 10 } = {}): ToldEvent => ({
  seq, id: `e${seq}`, type: 'ship.sighted', storedAt, topics, payload: Buffer.alloc(bytes),
});
const seqsOn = (recent: RecentEvents, topic: string) => recent.onTopic(topic)?.slice(0, 100_000).map(({ seq }) => seq);

describe('the recent past', () => {
  it('is kept by topic', () => {
    const recent = new RecentEvents(bounds, () => 0);
    recent.add(at(1));
    recent.add(at(2, { topics: ['dock:south', 'dock:north'] }));
    recent.add(at(3, { topics: [] }));
    expect(seqsOn(recent, 'dock:north')).toEqual([1, 2]);
    expect(seqsOn(recent, 'dock:south')).toEqual([2]);
    expect(recent.onTopic('dock:east')).toBeUndefined();
    expect([recent.after, recent.size]).toEqual([0, 3]);
  });

  it('finds an event by its id, for as long as it is kept', () => {
    const recent = new RecentEvents({ ...bounds, events: 2 }, () => 0);
    for (let seq = 1; seq <= 3; seq++) recent.add(at(seq));
    expect([recent.withId('e3')?.seq, recent.withId('e2')?.seq, recent.withId('e1'), recent.withId('e9')]).toEqual([3, 2, undefined, undefined]);
  });

  it('keeps so many events', () => {
    const recent = new RecentEvents({ ...bounds, events: 3 }, () => 0);
    for (let seq = 11; seq <= 15; seq++) recent.add(at(seq));
    expect(seqsOn(recent, 'dock:north')).toEqual([13, 14, 15]);
    expect(recent.after).toBe(12);
  });

  it('keeps so many bytes', () => {
    const recent = new RecentEvents({ ...bounds, bytes: 10_000 }, () => 0);
    for (let seq = 1; seq <= 10; seq++) recent.add(at(seq, { bytes: 4_000 }));
    expect(recent.size).toBe(2);
    expect(recent.after).toBe(8);
  });

  it('keeps them for so long', () => {
    let now = 0;
    const recent = new RecentEvents(bounds, () => now);
    recent.add(at(1, { storedAt: 0, topics: ['dock:south'] }));
    recent.add(at(2, { storedAt: 30_000 }));
    now = 61_000;
    recent.add(at(3, { storedAt: 61_000 }));
    expect([seqsOn(recent, 'dock:south'), seqsOn(recent, 'dock:north')]).toEqual([undefined, [2, 3]]);
    expect(recent.since).toBe(1_000);
  });

  it('begins anew after a break, and knows nothing from before', () => {
    const recent = new RecentEvents(bounds, () => 100);
    recent.add(at(1, { storedAt: 90 }));
    recent.begin(50, 100);
    expect([recent.size, recent.after, recent.since, recent.onTopic('dock:north')]).toEqual([0, 50, 100, undefined]);
    recent.add(at(51, { storedAt: 100 }));
    expect(seqsOn(recent, 'dock:north')).toEqual([51]);
  });
});
