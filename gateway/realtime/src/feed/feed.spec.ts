import { Cursors } from '@mela/bus';
import { expect, it } from 'vitest';
import { ToldFrames } from '../events/told-frames.ts';
import { RecentEvents, type ToldEvent } from '../history/recent-events.ts';
import { PollWire } from '../http/poll-wire.ts';
import { Connection } from '../socket/connection.ts';
import { FrameBudget } from '../socket/frame-budget.ts';
import { Feed } from './feed.ts';

it('of a poll that is full goes on from what it holds, though more had happened', () => {
  const recent = new RecentEvents({ events: 1_000, ageMs: 60_000, bytes: 1_000_000_000 });
  const happens = (seq: number): ToldEvent => ({ seq, id: String(seq), type: 'ship.sighted', storedAt: Date.now(), topics: ['dock:north'], payload: new Uint8Array(30_000).fill(32) });
  let [end, toldUntil] = [0, 0];
  const wire = new PollWire();
  const connection = new Connection(wire, 1_048_576, { in: 0, out: 0 }, new FrameBudget(Number.POSITIVE_INFINITY));
  const frames = new ToldFrames(new Cursors('b7f1c4d09e2a4c6f8d3b5a7091e2f4c6'), () => 'epoch');
  const feed = new Feed({ recent, frames, end: () => end, toldUntil: () => toldUntil }, connection, 0, () => undefined);
  feed.add('dock:north', 0);
  feed.tell();
  for (; end < 40; end++) recent.add(happens(end + 1));
  feed.tell();
  toldUntil = end;
  expect(wire.lines.length).toBeLessThan(40);
  expect(feed.place).toBe(wire.lines.length);
});
