import type { Caller } from '@mela/bus';
import type { Comment } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';

/** A comment, as it is kept. */
export interface CommentState {
  readonly id: string;
  readonly postId: string;
  readonly communityId: string;
  readonly authorId: string;
  readonly body: string;
  readonly version: number;
  readonly createdAt: Date;
}

export type NewComment = Pick<CommentState, 'id' | 'postId' | 'communityId' | 'authorId' | 'body'>;

/** The author is whoever asks, never a field of the request. */
export const writeComment = (caller: Pick<Caller, 'personId'>, { postId, communityId, body }: { postId: string; communityId: string; body: string }): NewComment => ({
  id: uuidv7(),
  postId,
  communityId,
  authorId: caller.personId,
  body,
});

export const asComment = ({ id, postId, communityId, authorId, body, createdAt }: CommentState): Comment =>
  ({ id, postId, communityId, authorId, body, createdAt: createdAt.toISOString() });
