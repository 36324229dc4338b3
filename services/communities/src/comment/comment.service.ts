import type { Caller } from '@mela/bus';
import { Db, decodeKeyset, pageOfRows } from '@mela/chassis';
import { CommentCreated, isRefusal, PostNotFound, type Comment, type communities, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { PostStore } from '../post/post.store.ts';
import { asComment, writeComment } from './comment.ts';
import { CommentStore } from './comment.store.ts';

@Injectable()
export class CommentService {
  constructor(private readonly db: Db) {}

  create(caller: Caller, draft: In<typeof communities.createComment>): Promise<Comment | Refusal> {
    return this.db.transaction(async (tx) => {
      if (!(await tx.get(PostStore).isIn(draft.communityId, draft.postId))) return PostNotFound();
      const comment = await tx.get(CommentStore).insert(writeComment(caller, draft));
      const { id: commentId, postId, communityId, authorId } = comment;
      tx.emit(CommentCreated, comment, { commentId, postId, communityId, authorId });
      return asComment(comment);
    });
  }

  async list({ communityId, postId, after, limit }: In<typeof communities.listComments>): Promise<Out<typeof communities.listComments> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    if (!(await this.db.get(PostStore).isIn(communityId, postId))) return PostNotFound();
    const rows = await this.db.get(CommentStore).oldestOf(postId, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ at, id }) => [at, id], item: asComment });
  }
}
