import { Api, Handles, type Caller } from '@mela/bus';
import { communities, type In } from '@mela/contracts';
import { CommentService } from './comment.service.ts';

@Api()
export class CommentApi {
  constructor(private readonly comments: CommentService) {}

  @Handles(communities.createComment)
  create(input: In<typeof communities.createComment>, caller: Caller) {
    return this.comments.create(caller, input);
  }

  @Handles(communities.listComments)
  list(input: In<typeof communities.listComments>) {
    return this.comments.list(input);
  }
}
