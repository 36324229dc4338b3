import { describe, expect, it, vi } from 'vitest';
import type { Presence } from './frames.ts';
import { Topics } from './topics.ts';

it('a topic that could not be had is wanted again when its pause is over, and not a moment later', async () => {
  // Clocks and timers count in whole milliseconds, each in its own: of many, some would be looked at too early.
  const wantedAfter = (after: number) =>
    new Promise<number>((resolve) => {
      const topics = new Topics(Math.random, () => resolve(topics.wanted().length));
      topics.add('dock:north', { event: () => undefined, resync: () => undefined });
      topics.hear({ t: 'err', topic: 'dock:north', code: 'service.unavailable', message: 'Later', retry: true, after });
      expect(topics.wanted()).toEqual([]);
    });
  const wanted = await Promise.all(Array.from({ length: 200 }, (_, place) => wantedAfter(5 + place / 7)));
  expect(wanted).toEqual(wanted.map(() => 1));
});

describe('a listener that comes later', () => {
  const asha = 'asha';
  const idle = { event: () => undefined, resync: () => undefined };
  /** A topic that is heard, and of which it is known who is there. */
  const heardTopics = () => {
    const topics = new Topics(Math.random, () => undefined);
    topics.add('dock:north', { ...idle, presence: () => undefined });
    topics.hear({ t: 'subd', topic: 'dock:north', recovered: false, to: '1:1:x' });
    topics.hear({ t: 'pres', topic: 'dock:north', v: 1, join: [asha], leave: [], count: 1, snapshot: true });
    return topics;
  };
  const toldOn = (topics: Topics) => {
    const told: Presence[] = [];
    topics.add('dock:north', { ...idle, presence: (presence) => told.push(presence) });
    return told;
  };

  it('is told who is there, as long as somebody says so', () => {
    const topics = heardTopics();
    expect(toldOn(topics)).toEqual([{ v: 1, join: [asha], leave: [], count: 1, snapshot: true }]);
    topics.forgetPresence();
    expect(toldOn(topics)).toEqual([]);
  });

  it('is not told who was there when the right ended', () => {
    const topics = heardTopics();
    topics.hear({ t: 'unsub', topic: 'dock:north', code: 'topic.forbidden' });
    expect(toldOn(topics)).toEqual([]);
  });

  it('listens though it throws at once, and is told who is there', async () => {
    const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => undefined);
    const topics = heardTopics();
    const told: string[] = [];
    const broken = {
      ...idle,
      resync: () => { throw new Error('the view broke'); },
      presence: () => { told.push('presence'); throw new Error('the list broke'); },
    };
    expect(topics.add('dock:north', broken)).toBe(false);
    const thrown = later.mock.calls.map(([work]) => work);
    later.mockRestore();
    expect(told).toEqual(['presence']);
    expect(thrown[0]).toThrow('the view broke');
    expect(thrown[1]).toThrow('the list broke');
  });
});
