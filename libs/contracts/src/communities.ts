import { z } from 'zod';
import { communityRoles, member, person } from './language/access.ts';
import { event } from './language/event.ts';
import { hearing } from './language/hearing.ts';
import { perUser } from './language/limit.ts';
import { Id, Instant, Markdown, Page, Text, id, pageOf } from './language/models.ts';
import { command, query, service } from './language/operation.ts';
import { refusal } from './language/refusal.ts';
import { snapshot, Version } from './language/snapshot.ts';
import { topic } from './topics.ts';

export const Role = z.enum(communityRoles);

export const Community = z.object({ id: Id, name: z.string(), about: z.string(), createdAt: Instant });
export type Community = z.output<typeof Community>;

export const Membership = z.object({ communityId: Id, userId: Id, role: Role, joinedAt: Instant });
export type Membership = z.output<typeof Membership>;

/** A membership that has ended. */
export const FormerMembership = z.object({ communityId: Id, userId: Id });
export type FormerMembership = z.output<typeof FormerMembership>;

/** What a replica keeps of one person in one community. */
export const MemberState = z.object({ communityId: Id, userId: Id, role: Role.nullable(), version: Version });
export type MemberState = z.output<typeof MemberState>;

/** The body is empty where its author has deleted their account, here and of a comment. */
export const Post = z.object({ id: Id, communityId: Id, authorId: Id, body: z.string(), createdAt: Instant });
export type Post = z.output<typeof Post>;

export const Comment = z.object({ id: Id, postId: Id, communityId: Id, authorId: Id, body: z.string(), createdAt: Instant });
export type Comment = z.output<typeof Comment>;

export const CommunityNotFound = refusal('community.not_found', 404, 'There is no such community');
export const AlreadyMember = refusal('member.already', 409, 'You are a member of this community already');
export const NotAMember = refusal('member.not_found', 404, 'There is no such member in this community');
export const LastOwner = refusal('member.last_owner', 409, 'A community is never without an owner, and you are its only one');
export const NotOutranked = refusal('member.not_outranked', 403, 'Nobody removes a member whose role is as high as their own, or higher');
export const RemovesOneself = refusal('member.oneself', 409, 'Nobody removes themselves', 'Leave the community instead');
export const PostNotFound = refusal('post.not_found', 404, 'There is no such post in this community');

export const CommunityCreated = event('community.created', {
  summary: 'A community was founded',
  aggregate: 'community',
  data: z.object({ communityId: Id, founderId: Id }),
  audience: (e) => [topic.person(e.founderId)],
  example: { communityId: id(2), founderId: id(1) },
});

export const MemberJoined = event('member.joined', {
  summary: 'A person became a member of a community',
  aggregate: 'member',
  data: z.object({ communityId: Id, userId: Id, role: Role }),
  audience: (e) => [topic.community(e.communityId), topic.person(e.userId)],
  grants: (e) => [{ personId: e.userId, scope: topic.community(e.communityId) }],
  example: { communityId: id(2), userId: id(3), role: 'member' },
});

export const MemberLeft = event('member.left', {
  summary: 'A person is no longer a member of a community: they left it, or were removed',
  aggregate: 'member',
  data: z.object({ communityId: Id, userId: Id, removedBy: Id.nullable() }),
  audience: (e) => [topic.community(e.communityId), topic.person(e.userId)],
  revokes: (e) => [{ personId: e.userId, scope: topic.community(e.communityId) }],
  example: { communityId: id(2), userId: id(3), removedBy: null },
});

export const PostCreated = event('post.created', {
  summary: 'A post was published in a community',
  aggregate: 'post',
  data: z.object({ postId: Id, communityId: Id, authorId: Id }),
  audience: (e) => [topic.community(e.communityId)],
  example: { postId: id(4), communityId: id(2), authorId: id(3) },
});

export const CommentCreated = event('comment.created', {
  summary: 'A comment was written on a post',
  aggregate: 'comment',
  data: z.object({ commentId: Id, postId: Id, communityId: Id, authorId: Id }),
  audience: (e) => [topic.post(e.postId)],
  example: { commentId: id(5), postId: id(4), communityId: id(2), authorId: id(3) },
});

export const PostErased = event('post.erased', {
  summary: 'What a post said is gone with its author’s account',
  aggregate: 'post',
  data: z.object({ postId: Id, communityId: Id, authorId: Id }),
  audience: (e) => [topic.community(e.communityId)],
  example: { postId: id(4), communityId: id(2), authorId: id(3) },
});

export const CommentErased = event('comment.erased', {
  summary: 'What a comment said is gone with its author’s account',
  aggregate: 'comment',
  data: z.object({ commentId: Id, postId: Id, communityId: Id, authorId: Id }),
  audience: (e) => [topic.post(e.postId)],
  example: { commentId: id(5), postId: id(4), communityId: id(2), authorId: id(3) },
});

export const communities = service('communities', {
  create: command({
    summary: 'Found a community and become its owner',
    http: 'POST /communities',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ name: Text(80), about: Markdown(2_000).optional() }),
    output: Community,
    emits: [CommunityCreated, MemberJoined],
  }),
  join: command({
    summary: 'Become a member of an open community',
    http: 'POST /communities/:communityId/members',
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ communityId: Id }),
    output: Membership,
    refusals: [CommunityNotFound, AlreadyMember],
    emits: [MemberJoined],
  }),
  leave: command({
    summary: 'Leave a community',
    http: 'DELETE /communities/:communityId/membership',
    // Not for members alone: whoever has left may ask again under the same key, and is to get the same answer.
    access: person,
    limit: perUser(60, '1m'),
    input: z.object({ communityId: Id }),
    output: FormerMembership,
    refusals: [NotAMember, LastOwner],
    emits: [MemberLeft],
  }),
  removeMember: command({
    summary: 'Remove a member of a lower role from a community',
    http: 'DELETE /communities/:communityId/members/:userId',
    access: member('communityId', 'moderator'),
    limit: perUser(60, '1m'),
    input: z.object({ communityId: Id, userId: Id }),
    output: FormerMembership,
    refusals: [NotAMember, NotOutranked, RemovesOneself],
    emits: [MemberLeft],
  }),
  createPost: command({
    summary: 'Publish a post in a community',
    http: 'POST /communities/:communityId/posts',
    access: member('communityId'),
    limit: perUser(30, '1m'),
    input: z.object({ communityId: Id, body: Markdown(5_000) }),
    output: Post,
    emits: [PostCreated],
  }),
  listPosts: query({
    summary: 'The posts of a community, newest first',
    http: 'GET /communities/:communityId/posts',
    access: member('communityId'),
    limit: perUser(600, '1m'),
    input: z.object({ communityId: Id, ...pageOf }),
    output: Page(Post),
  }),
  createComment: command({
    summary: 'Write a comment on a post',
    http: 'POST /communities/:communityId/posts/:postId/comments',
    access: member('communityId'),
    limit: perUser(60, '1m'),
    input: z.object({ communityId: Id, postId: Id, body: Markdown(2_000) }),
    output: Comment,
    refusals: [PostNotFound],
    emits: [CommentCreated],
  }),
  listComments: query({
    summary: 'The comments on a post, oldest first',
    http: 'GET /communities/:communityId/posts/:postId/comments',
    access: member('communityId'),
    limit: perUser(600, '1m'),
    input: z.object({ communityId: Id, postId: Id, ...pageOf }),
    output: Page(Comment),
    refusals: [PostNotFound],
  }),
  membership: query({
    summary: 'The caller’s own membership, as its owner knows it',
    access: person,
    input: z.object({ communityId: Id }),
    output: z.object({ role: Role.nullable() }),
  }),
  members: snapshot({
    summary: 'Every membership there ever was, as its owner knows it; the role of whoever left is null',
    item: MemberState,
  }),
  hearing: hearing('May the caller hear this community?'),
  hearingPost: hearing('May the caller hear what is said of this post?'),
}, { keepsPersonalData: true });
