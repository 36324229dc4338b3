import { expect, it } from 'vitest';
import { BackOff } from './back-off.ts';
import { nextAfter } from './ending.ts';

it.each([
  [{ code: 4001, after: [0, 30_000] as const }, { do: 'retry', within: [0, 30_000] }],
  [{ code: 4008 }, { do: 'retry' }],
  [{ code: 4010 }, { do: 'retry' }],
  [{ code: 4012 }, { do: 'retry' }],
  [{ code: 4029 }, { do: 'retry', within: [5_000, 30_000] }],
  [{ code: 4401 }, { do: 'retry', freshToken: true }],
  [{ problem: 'auth.invalid_token' }, { do: 'retry', freshToken: true }],
  [{ code: 4400 }, { do: 'stop' }],
  [{ code: 4403 }, { do: 'stop' }],
  [{ code: 4426 }, { do: 'stop' }],
  [{ problem: 'realtime.transport_off' }, { do: 'other-way' }],
  [{ problem: 'service.unavailable' }, { do: 'retry' }],
  [{ code: 1006 }, { do: 'retry' }],
  [{}, { do: 'retry' }],
])('after %j comes %j', (why, next) => {
  expect(nextAfter(why)).toEqual(next);
});

it('pauses grow with every failure up to half a minute, and any moment within one is as good as another', () => {
  const [shortest, middle, longest] = [0, 0.5, 1].map((drawn) => new BackOff(() => drawn));
  const pauses = (backOff: BackOff) => Array.from({ length: 8 }, () => backOff.next());
  expect(pauses(shortest!)).toEqual(Array(8).fill(0));
  expect(pauses(middle!)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(pauses(longest!).at(-1)).toBe(30_000);
  longest!.reset();
  expect(longest!.next()).toBe(500);
  expect(middle!.within([0, 30_000])).toBe(15_000);
});
