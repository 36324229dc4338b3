import type { PersonalData, Tx } from '@mela/chassis';
import { CommentErased, PostErased } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { CommentStore } from '../comment/comment.store.ts';
import { MembershipService } from '../membership/membership.service.ts';
import { PostStore } from '../post/post.store.ts';

/** Somebody is gone, with their account. */
@Injectable()
export class DepartureService implements PersonalData {
  constructor(private readonly memberships: MembershipService) {}

  /** Texts go first, while their author's screens and everybody else's hear it. What others said below stays where it stands. */
  async erase(personId: string, tx: Tx): Promise<void> {
    for (const post of await tx.get(PostStore).eraseOf(personId)) {
      const { id: postId, communityId, authorId } = post;
      tx.emit(PostErased, post, { postId, communityId, authorId });
    }
    for (const comment of await tx.get(CommentStore).eraseOf(personId)) {
      const { id: commentId, postId, communityId, authorId } = comment;
      tx.emit(CommentErased, comment, { commentId, postId, communityId, authorId });
    }
    await this.memberships.withdraw(tx, personId);
  }
}
