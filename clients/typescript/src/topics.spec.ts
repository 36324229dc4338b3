import { expect, it } from 'vitest';
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
