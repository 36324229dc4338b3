import { expect, it } from 'vitest';
import { BackOff } from './back-off.ts';
import { nextAfter } from './ending.ts';
import { endingOf } from './links/problem.ts';

it.each([
  [{ code: 4001, after: [0, 30_000] as const }, { do: 'retry', within: [0, 30_000] }],
  [{ code: 4008 }, { do: 'retry' }],
  [{ code: 4010 }, { do: 'retry' }],
  [{ code: 4012 }, { do: 'retry' }],
  [{ code: 4029 }, { do: 'retry', within: [5_000, 30_000], wayIsGood: true }],
  [{ problem: 'connect.too_many' }, { do: 'retry', within: [5_000, 30_000], wayIsGood: true }],
  [{ problem: 'frame.rate_limited', after: [700, 1_400] as const }, { do: 'retry', within: [700, 1_400], wayIsGood: true }],
  [{ status: 429 }, { do: 'retry', within: [5_000, 30_000], wayIsGood: true }],
  [{ status: 429, problem: 'limit.exceeded', after: [2_000, 4_000] as const }, { do: 'retry', within: [2_000, 4_000], wayIsGood: true }],
  [{ status: 503, problem: 'service.unavailable', after: [1_000, 2_000] as const }, { do: 'retry', within: [1_000, 2_000] }],
  [{ status: 502 }, { do: 'retry' }],
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

it.each([
  [429, { code: 'frame.rate_limited' }, { 'retry-after': '2' }, { status: 429, problem: 'frame.rate_limited', after: [2_000, 4_000] }],
  [429, { code: 'connect.too_many' }, {}, { status: 429, problem: 'connect.too_many' }],
  [429, '<html>', { 'retry-after': 'Fri, 01 May 2026 12:00:00 GMT' }, { status: 429 }],
  [502, '<html>', {}, { status: 502 }],
])('an answer of %s with %j and %j says so', async (status, body, headers, ending) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  expect(await endingOf(new Response(text, { status, headers: headers as Record<string, string> }))).toEqual(ending);
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

it('no pause is drawn from a shorter span than the gateway named, and none from one of more than half a minute', () => {
  const backOff = new BackOff(() => 1);
  const pauses = () => Array.from({ length: 6 }, () => backOff.next());
  backOff.spread(3_000);
  expect(pauses()).toEqual([3_000, 3_000, 3_000, 4_000, 8_000, 16_000]);
  backOff.reset();
  backOff.spread(0);
  expect(pauses()).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000]);
  backOff.spread(90_000);
  expect(backOff.next()).toBe(30_000);
});
