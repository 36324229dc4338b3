import { Cursors } from '@mela/bus';
import { expect, it } from 'vitest';
import { RecentEvents } from './recent-events.ts';
import { Replays } from './replays.ts';

it('the past reaches back an hour, also when nothing has happened since', () => {
  const clock = { now: 0 };
  const recent = new RecentEvents({ events: 1_000, ageMs: 3_600_000, bytes: 1_000_000 }, () => clock.now);
  const replays = new Replays(recent, new Cursors('b7f1c4d09e2a4c6f8d3b5a7091e2f4c6'), () => 'epoch');
  for (const seq of [1, 2]) recent.add({ seq, id: `e${seq}`, type: 'ship.sighted', storedAt: seq * 1_000, topics: ['dock:north'], payload: Buffer.alloc(10) });
  const reached = () => [0, 1, 2].filter((seq) => replays.reachBack({ epoch: 'epoch', seq }));
  clock.now = 3_600_000;
  expect(reached()).toEqual([0, 1, 2]);
  clock.now = 3_601_500;
  expect(reached()).toEqual([1, 2]);
  expect(replays.next('dock:north', 1)?.seq).toBe(2);
  clock.now = 3_603_000;
  expect([reached(), recent.size]).toEqual([[2], 0]);
});
