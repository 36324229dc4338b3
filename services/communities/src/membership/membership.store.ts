import type { Rows } from '@mela/chassis';
import type { CommunityRole } from '@mela/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { MembershipState } from './membership.ts';

@Entity('membership')
export class MembershipRow implements MembershipState {
  @PrimaryColumn('uuid', { name: 'community_id' })
  communityId!: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text')
  role!: CommunityRole;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'joined_at', type: 'timestamptz' })
  joinedAt!: Date;
}

export class MembershipStore {
  constructor(private readonly rows: Rows) {}

  /** Undefined when the person is a member: of many joins at once the key lets one through. */
  async insert(communityId: string, userId: string, role: CommunityRole): Promise<MembershipState | undefined> {
    const [membership] = await this.rows.query<MembershipState>(
      `INSERT INTO membership (community_id, user_id, role) VALUES ($1, $2, $3)
       ON CONFLICT (community_id, user_id) DO NOTHING
       RETURNING community_id AS "communityId", user_id AS "userId", role, version, joined_at AS "joinedAt"`,
      [communityId, userId, role],
    );
    return membership;
  }

  async roleOf(communityId: string, userId: string): Promise<CommunityRole | null> {
    const [membership] = await this.rows.query<{ role: CommunityRole }>(
      'SELECT role FROM membership WHERE community_id = $1 AND user_id = $2',
      [communityId, userId],
    );
    return membership?.role ?? null;
  }
}
