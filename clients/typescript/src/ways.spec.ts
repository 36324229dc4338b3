import { expect, it } from 'vitest';
import { Ways } from './ways.ts';

it('a way that never worked is left at once, and one that did after three failures in a row', () => {
  const ways = new Ways(['poll', 'sse', 'websocket']);
  expect(ways.current).toBe('websocket');
  ways.failed('websocket');
  expect(ways.current).toBe('sse');
  ways.took('sse');
  ways.failed('sse');
  ways.failed('sse');
  expect(ways.current).toBe('sse');
  ways.failed('sse');
  expect(ways.current).toBe('poll');
  ways.failed('poll');
  expect(ways.current).toBe('websocket');
});

it('the better ways are those before the current one', () => {
  const ways = new Ways(['websocket', 'sse', 'poll']);
  expect(ways.better).toEqual([]);
  ways.took('poll');
  expect(ways.better).toEqual(['websocket', 'sse']);
});

it('one that is off is no way any more', () => {
  const ways = new Ways(['websocket', 'sse', 'poll']);
  ways.isNoWay('websocket');
  expect(ways.current).toBe('sse');
  ways.took('poll');
  ways.isNoWay('sse');
  expect([ways.current, ways.better]).toEqual(['poll', []]);
  ways.isNoWay('poll');
  expect(ways.current).toBeUndefined();
});
