import type { Caller } from '@mela/bus';
import { Db, decodeKeyset, pageOfRows } from '@mela/chassis';
import { isRefusal, MayNotHear, PostCreated, topic, type communities, type In, type Out, type Post, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { hearAsMember, idInTopic } from '../membership/membership.ts';
import { asPost, writePost } from './post.ts';
import { PostStore } from './post.store.ts';

@Injectable()
export class PostService {
  constructor(private readonly db: Db) {}

  create(caller: Caller, draft: In<typeof communities.createPost>): Promise<Post> {
    return this.db.transaction(async (tx) => {
      const post = await tx.get(PostStore).insert(writePost(caller, draft));
      tx.emit(PostCreated, post, { postId: post.id, communityId: post.communityId, authorId: post.authorId });
      return asPost(post);
    });
  }

  async list({ communityId, after, limit }: In<typeof communities.listPosts>): Promise<Out<typeof communities.listPosts> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(PostStore).newestOf(communityId, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ at, id }) => [at, id], item: asPost });
  }

  async hearing(caller: Caller, name: string): Promise<ReturnType<typeof hearAsMember>> {
    const postId = idInTopic(topic.post, name);
    if (postId === undefined) return MayNotHear();
    return hearAsMember(topic.post(postId), await this.db.get(PostStore).membershipBehind(postId, caller.personId));
  }
}
