import { Db, type PersonalData, type Tx } from '@mela/chassis';
import { CommentErased, PostErased, type PersonalRecord } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { asComment } from '../comment/comment.ts';
import { CommentStore } from '../comment/comment.store.ts';
import { MembershipService } from '../membership/membership.service.ts';
import { MembershipStore } from '../membership/membership.store.ts';
import { asPost } from '../post/post.ts';
import { PostStore } from '../post/post.store.ts';

const AT_ONCE = 500;

/** What is kept of a person here: they may have it, and it goes with their account. */
@Injectable()
export class DepartureService implements PersonalData {
  constructor(
    private readonly db: Db,
    private readonly memberships: MembershipService,
  ) {}

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

  async *collect(personId: string): AsyncGenerator<PersonalRecord> {
    for (const { communityId, role, joinedAt } of await this.db.get(MembershipStore).allOf(personId)) yield { kind: 'memberships', item: { communityId, role, joinedAt } };
    for await (const post of inOrder((behind) => this.db.get(PostStore).writtenBy(personId, behind, AT_ONCE))) yield { kind: 'posts', item: asPost(post) };
    for await (const comment of inOrder((behind) => this.db.get(CommentStore).writtenBy(personId, behind, AT_ONCE))) yield { kind: 'comments', item: asComment(comment) };
  }
}

async function* inOrder<Row extends { readonly id: string }>(page: (behind: string | undefined) => Promise<Row[]>): AsyncGenerator<Row> {
  for (let behind: string | undefined; ; ) {
    const rows = await page(behind);
    yield* rows;
    if (rows.length < AT_ONCE) return;
    behind = rows.at(-1)!.id;
  }
}
