import { expect, it } from 'vitest';
import { RecentIds } from './recent-ids.ts';

it('an event is news once, until so many others have come that nobody remembers it', () => {
  const ids = new RecentIds(3);
  expect(['a', 'b', 'a', 'c', 'b', 'd', 'a'].map((id) => ids.isRepeat(id))).toEqual([false, false, true, false, true, false, false]);
});
