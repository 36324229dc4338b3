import { Api, Handles, type Caller } from '@mela/bus';
import { communities, type In } from '@mela/contracts';
import { PostService } from './post.service.ts';

@Api()
export class PostApi {
  constructor(private readonly posts: PostService) {}

  @Handles(communities.createPost)
  create(input: In<typeof communities.createPost>, caller: Caller) {
    return this.posts.create(caller, input);
  }

  @Handles(communities.listPosts)
  list(input: In<typeof communities.listPosts>) {
    return this.posts.list(input);
  }

  @Handles(communities.hearingPost)
  hearing(input: In<typeof communities.hearingPost>, caller: Caller) {
    return this.posts.hearing(caller, input.topic);
  }
}
