import { exactInstant, type KeysetPosition, type Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { CommentState, NewComment } from './comment.ts';

@Entity('comment')
export class CommentRow implements CommentState {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'post_id' })
  postId!: string;

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

/** A comment and its exact place in the list. */
export type ListedComment = CommentState & { readonly at: string };

const COMMENT = 'id, post_id AS "postId", community_id AS "communityId", author_id AS "authorId", body, version, created_at AS "createdAt"';

export class CommentStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, postId, communityId, authorId, body }: NewComment): Promise<CommentState> {
    const [comment] = await this.rows.query<CommentState>(
      `INSERT INTO comment (id, post_id, community_id, author_id, body) VALUES ($1, $2, $3, $4, $5) RETURNING ${COMMENT}`,
      [id, postId, communityId, authorId, body],
    );
    return comment!;
  }

  /** What somebody wrote, in the order of its ids, behind that one. */
  writtenBy(authorId: string, behind: string | undefined, rows: number): Promise<CommentState[]> {
    return this.rows.query<CommentState>(
      `SELECT ${COMMENT} FROM comment WHERE author_id = $1 AND erased_at IS NULL AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3`,
      [authorId, behind ?? null, rows],
    );
  }

  /** What somebody wrote says nothing any more, and stays where it stands. */
  eraseOf(authorId: string): Promise<CommentState[]> {
    return this.rows.query<CommentState>(
      `UPDATE comment SET body = '', erased_at = now(), version = version + 1 WHERE author_id = $1 AND erased_at IS NULL RETURNING ${COMMENT}`,
      [authorId],
    );
  }

  /** Oldest first, strictly behind the position: nothing comes twice, and what is written while somebody pages comes at the end. */
  oldestOf(postId: string, behind: KeysetPosition | undefined, rows: number): Promise<ListedComment[]> {
    const [at, id] = behind ?? ['-infinity', null];
    return this.rows.query<ListedComment>(
      `SELECT ${COMMENT}, ${exactInstant('created_at')} AS at FROM comment
       WHERE post_id = $1 AND (created_at, id) > ($2::timestamptz, $3::uuid)
       ORDER BY created_at, id LIMIT $4`,
      [postId, at, id, rows],
    );
  }
}
