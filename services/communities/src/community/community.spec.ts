import { expect, it } from 'vitest';
import { asCommunity, foundCommunity } from './community.ts';

it('a community may be founded without a word about it', () => {
  const runners = foundCommunity({ name: 'Runners' });
  expect(runners).toEqual({ id: expect.any(String), name: 'Runners', about: '' });
  expect(asCommunity({ ...runners, version: 1, createdAt: new Date(0) })).toEqual({ ...runners, createdAt: '1970-01-01T00:00:00.000Z' });
});
