import { defineService } from '@mela/chassis';
import { communities } from '@mela/contracts';
import { CommentApi } from './comment/comment.api.ts';
import { CommentService } from './comment/comment.service.ts';
import { CommentRow } from './comment/comment.store.ts';
import { CommunityApi } from './community/community.api.ts';
import { CommunityService } from './community/community.service.ts';
import { CommunityRow } from './community/community.store.ts';
import { DepartureService } from './departure/departure.service.ts';
import { MembershipApi } from './membership/membership.api.ts';
import { MembershipService } from './membership/membership.service.ts';
import { MembershipRow } from './membership/membership.store.ts';
import { communitiesTables } from './migrations/0001-communities.ts';
import { whoLeft } from './migrations/0002-who-left.ts';
import { comments } from './migrations/0003-comments.ts';
import { erased } from './migrations/0004-erased.ts';
import { PostApi } from './post/post.api.ts';
import { PostService } from './post/post.service.ts';
import { PostRow } from './post/post.store.ts';

export const communitiesService = defineService({
  hosts: communities,
  entities: [CommunityRow, MembershipRow, PostRow, CommentRow],
  migrations: [communitiesTables, whoLeft, comments, erased],
  apis: [CommunityApi, MembershipApi, PostApi, CommentApi],
  providers: [CommunityService, MembershipService, PostService, CommentService, DepartureService],
  members: MembershipService,
  personalData: DepartureService,
});
