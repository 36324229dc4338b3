import type { Caller } from '@mela/bus';
import type { Db } from '@mela/chassis';
import { v7 as uuidv7 } from 'uuid';
import { CommentService } from '../src/comment/comment.service.ts';
import { CommentRow } from '../src/comment/comment.store.ts';
import { CommunityService } from '../src/community/community.service.ts';
import { CommunityRow } from '../src/community/community.store.ts';
import { DepartureService } from '../src/departure/departure.service.ts';
import { MembershipService } from '../src/membership/membership.service.ts';
import { MembershipRow } from '../src/membership/membership.store.ts';
import { communitiesTables } from '../src/migrations/0001-communities.ts';
import { whoLeft } from '../src/migrations/0002-who-left.ts';
import { comments } from '../src/migrations/0003-comments.ts';
import { erased } from '../src/migrations/0004-erased.ts';
import { PostService } from '../src/post/post.service.ts';
import { PostRow } from '../src/post/post.store.ts';
import { openDatabase } from '@mela/testkit';

export const openCommunitiesDatabase = () => openDatabase('communities', [communitiesTables, whoLeft, comments, erased], [CommunityRow, MembershipRow, PostRow, CommentRow]);

export function communitiesOn(db: Db) {
  const memberships = new MembershipService(db);
  return { memberships, communities: new CommunityService(db, memberships), posts: new PostService(db), comments: new CommentService(db), departures: new DepartureService(db, memberships) };
}

/** Somebody new, as a verified token would name them. */
export const somebody = (): Caller => ({ personId: uuidv7(), sessionId: uuidv7(), role: 'member' });
