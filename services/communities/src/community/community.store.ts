import type { Rows } from '@mela/chassis';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { CommunityState, NewCommunity } from './community.ts';

@Entity('community')
export class CommunityRow implements CommunityState {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  about!: string;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;
}

export class CommunityStore {
  constructor(private readonly rows: Rows) {}

  async insert({ id, name, about }: NewCommunity): Promise<CommunityState> {
    const [community] = await this.rows.query<CommunityState>(
      `INSERT INTO community (id, name, about) VALUES ($1, $2, $3) RETURNING id, name, about, version, created_at AS "createdAt"`,
      [id, name, about],
    );
    return community!;
  }

  /** Nobody else locks it until the transaction ends; who joins meanwhile is not kept waiting. */
  async lock(id: string): Promise<void> {
    await this.rows.query('SELECT 1 FROM community WHERE id = $1 FOR NO KEY UPDATE', [id]);
  }

  async exists(id: string): Promise<boolean> {
    return (await this.rows.query('SELECT 1 FROM community WHERE id = $1', [id])).length > 0;
  }
}
