import { id } from '@mela/contracts';
import { expect, it } from 'vitest';
import { asComment, writeComment } from './comment.ts';

it('a comment is written by whoever asks', () => {
  const comment = writeComment({ personId: id(1) }, { postId: id(3), communityId: id(2), body: 'Count me in' });
  expect(comment).toEqual({ id: expect.any(String), postId: id(3), communityId: id(2), authorId: id(1), body: 'Count me in' });
  expect(asComment({ ...comment, version: 1, createdAt: new Date(0) })).toEqual({ ...comment, createdAt: '1970-01-01T00:00:00.000Z' });
});
