import { Cursors } from '@mela/bus';
import { expect, it } from 'vitest';
import type { ToldEvent } from '../history/recent-events.ts';
import { ToldFrames } from './told-frames.ts';

const cursors = new Cursors('b7f1c4d09e2a4c6f8d3b5a7091e2f4c6');
const sighted = (seq: number, bytes = 10): ToldEvent => ({ seq, id: `e${seq}`, type: 'ship.sighted', storedAt: 0, topics: ['dock:north', 'berth:1'], payload: Buffer.alloc(bytes, 'x') });
const framesWithin = (bytes?: number) => new ToldFrames(cursors, () => 'epoch', bytes);

it('a frame is built once for all who hear the topic, and an event has one cursor', () => {
  const [frames, event] = [framesWithin(), sighted(1)];
  const north = frames.of(event, 'dock:north');
  const berth = frames.of(event, 'berth:1');
  expect(frames.of(event, 'dock:north')).toBe(north);
  expect([berth.cursor, String(berth.line)]).toEqual([north.cursor, expect.stringContaining('"topic":"berth:1"')]);
});

it('of the latest events as many are kept as there is room for, on all their topics', () => {
  const [frames, events] = [framesWithin(100_000), [1, 2, 3, 4].map((seq) => sighted(seq, 20_000))];
  const build = () => events.map((event) => ['dock:north', 'berth:1'].map((topic) => frames.of(event, topic)));
  const [first, second, third, fourth] = build();
  // Two have room.
  expect(frames.of(events[3]!, 'berth:1')).toBe(fourth![1]);
  expect(frames.of(events[2]!, 'dock:north')).toBe(third![0]);
  expect(frames.of(events[1]!, 'dock:north')).not.toBe(second![0]);
  expect(frames.of(events[0]!, 'dock:north')).not.toBe(first![0]);
});

it('one that is larger than all the room is told, and not kept', () => {
  const [frames, event] = [framesWithin(1_000), sighted(1, 5_000)];
  const frame = frames.of(event, 'dock:north');
  expect(frame.line.length).toBeGreaterThan(5_000);
  expect(frames.of(event, 'dock:north')).not.toBe(frame);
});
