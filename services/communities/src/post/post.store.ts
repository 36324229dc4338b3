import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { MembershipState } from '../membership/membership.ts';
import type { NewPost, PostState } from './post.ts';

@Entity('post')
export class PostRow implements PostState {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'community_id' })
  communityId!: string;

  @Column('uuid', { name: 'author_id' })
  authorId!: string;

  @Column('text')
  body!: string;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

/** A post and its exact place in the list. */
export type ListedPost = PostState & { readonly at: string };

const POST = 'id, community_id AS "communityId", author_id AS "authorId", body, version, created_at AS "createdAt"';

export class PostStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, communityId, authorId, body }: NewPost): Promise<PostState> {
    const [post] = await this.rows.query<PostState>(
      `INSERT INTO post (id, community_id, author_id, body) VALUES ($1, $2, $3, $4) RETURNING ${POST}`,
      [id, communityId, authorId, body],
    );
    return post!;
  }

  async isIn(communityId: string, id: string): Promise<boolean> {
    return (await this.rows.query('SELECT 1 FROM post WHERE id = $1 AND community_id = $2', [id, communityId])).length > 0;
  }

  /** By which membership a person sees the post. One question: the time it takes does not tell which of the two is missing. */
  async membershipBehind(id: string, userId: string): Promise<Pick<MembershipState, 'communityId' | 'joinedAt'> | undefined> {
    const [membership] = await this.rows.query<Pick<MembershipState, 'communityId' | 'joinedAt'>>(
      `SELECT community_id AS "communityId", joined_at AS "joinedAt" FROM post JOIN membership USING (community_id)
       WHERE post.id = $1 AND user_id = $2 AND role IS NOT NULL`,
      [id, userId],
    );
    return membership;
  }

  /** What somebody wrote, in the order of its ids, behind that one. */
  writtenBy(authorId: string, behind: string | undefined, rows: number): Promise<PostState[]> {
    return this.rows.query<PostState>(
      `SELECT ${POST} FROM post WHERE author_id = $1 AND erased_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      [authorId, behind ?? null, rows],
    );
  }

  /** What somebody wrote says nothing any more, and stays where it stands. */
  eraseOf(authorId: string): Promise<PostState[]> {
    return this.rows.query<PostState>(
      `UPDATE post SET body = '', erased_at = now(), version = version + 1 WHERE author_id = $1 AND erased_at IS NULL RETURNING ${POST}`,
      [authorId],
    );
  }

  /** Newest first, strictly behind the position: what is inserted while somebody pages neither repeats nor hides a row. */
  newestOf(communityId: string, behind: KeysetPosition | undefined, rows: number): Promise<ListedPost[]> {
    const [at, id] = behind ?? ['infinity', null];
    return this.rows.query<ListedPost>(
      `SELECT ${POST}, ${exactInstant('created_at')} AS at FROM post
       WHERE community_id = $1 AND (created_at, id) < ($2::timestamptz, $3::uuid)
       ORDER BY created_at DESC, id DESC LIMIT $4`,
      [communityId, at, id, rows],
    );
  }
}
