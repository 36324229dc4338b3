import { Cursors } from '@mela/bus';
import { expect, it } from 'vitest';
import { RecentEvents, type ToldEvent } from './recent-events.ts';
import { Replays } from './replays.ts';

const cursors = new Cursors('b7f1c4d09e2a4c6f8d3b5a7091e2f4c6');
const sighted = (seq: number, topic = 'dock:north', bytes = 10): ToldEvent => ({ seq, id: `e${seq}`, type: 'ship.sighted', storedAt: seq * 1_000, topics: [topic], payload: Buffer.alloc(bytes, 'x') });

it('the past reaches back an hour, also when nothing has happened since', () => {
  const clock = { now: 0 };
  const recent = new RecentEvents({ events: 1_000, ageMs: 3_600_000, bytes: 1_000_000 }, () => clock.now);
  const replays = new Replays(recent, cursors, () => 'epoch');
  for (const seq of [1, 2]) recent.add(sighted(seq));
  const reached = () => [0, 1, 2].filter((seq) => replays.reachBack({ epoch: 'epoch', seq }));
  clock.now = 3_600_000;
  expect(reached()).toEqual([0, 1, 2]);
  clock.now = 3_601_500;
  expect(reached()).toEqual([1, 2]);
  expect(replays.next('dock:north', 1)?.seq).toBe(2);
  clock.now = 3_603_000;
  expect([reached(), recent.size]).toEqual([[2], 0]);
});

it('pieces are shared, and as many are kept as there is room for', () => {
  const recent = new RecentEvents({ events: 1_000, ageMs: 3_600_000, bytes: 100_000_000 }, () => 0);
  const replays = new Replays(recent, cursors, () => 'epoch', 1_000_000);
  for (let seq = 1; seq <= 100; seq++) recent.add(sighted(seq, `dock:${seq}`, 50_000));
  const first = replays.next('dock:1', 0);
  expect(replays.next('dock:1', 0)).toBe(first);
  for (let seq = 2; seq <= 100; seq++) replays.next(`dock:${seq}`, 0);
  expect(replays.bytes).toBeGreaterThan(800_000);
  expect(replays.bytes).toBeLessThanOrEqual(1_000_000);
  expect(replays.next('dock:1', 0)).not.toBe(first);
  expect(replays.next('dock:1', 0)?.seq).toBe(1);
});

it('pieces of what is forgotten are not kept', () => {
  const recent = new RecentEvents({ events: 2, ageMs: 3_600_000, bytes: 100_000_000 }, () => 0);
  const replays = new Replays(recent, cursors, () => 'epoch');
  const one = () => replays.next('dock:north', recent.after);
  recent.add(sighted(1));
  one();
  const { bytes } = replays;
  for (let seq = 2; seq <= 50; seq++) {
    recent.add(sighted(seq));
    one();
  }
  expect(replays.bytes).toBeLessThan(6 * bytes);
});
