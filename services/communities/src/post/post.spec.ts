import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { asPost, writePost } from './post.ts';

it('a post is written by whoever asks', () => {
  const post = writePost({ personId: id(1) }, { communityId: id(2), body: 'Sunday, six o’clock' });
  expect(post).toEqual({ id: expect.any(String), communityId: id(2), authorId: id(1), body: 'Sunday, six o’clock' });
  expect(asPost({ ...post, version: 1, createdAt: new Date(0) })).toEqual({ ...post, createdAt: '1970-01-01T00:00:00.000Z' });
});
