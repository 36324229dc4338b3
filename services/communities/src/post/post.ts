import type { Caller } from '@mela/bus';
import type { Post } from '@mela/contracts';
import { v7 as uuidv7 } from 'uuid';

/** A post, as it is kept. */
export interface PostState {
  readonly id: string;
  readonly communityId: string;
  readonly authorId: string;
  readonly body: string;
  readonly version: number;
  readonly createdAt: Date;
}

export type NewPost = Pick<PostState, 'id' | 'communityId' | 'authorId' | 'body'>;

/** The author is whoever asks, never a field of the request. */
export const writePost = (caller: Pick<Caller, 'personId'>, { communityId, body }: { communityId: string; body: string }): NewPost => ({
  id: uuidv7(),
  communityId,
  authorId: caller.personId,
  body,
});

export const asPost = ({ id, communityId, authorId, body, createdAt }: PostState): Post =>
  ({ id, communityId, authorId, body, createdAt: createdAt.toISOString() });
