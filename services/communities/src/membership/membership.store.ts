import type { Rows } from '@mela/chassis';
import { Id, type CommunityRole, type MemberState } from '@mela/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import { z } from 'zod';
import type { LivingMembership, MembershipState } from './membership.ts';

@Entity('membership')
export class MembershipRow implements MembershipState {
  @PrimaryColumn('uuid', { name: 'community_id' })
  communityId!: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId!: string;

  @Column('text', { nullable: true })
  role!: CommunityRole | null;

  @Column('int')
  version!: number;

  @CreateDateColumn({ name: 'joined_at', type: 'timestamptz' })
  joinedAt!: Date;
}

/** A place in the list of all memberships. */
export type MembershipKey = readonly [communityId: string, userId: string];
export const MembershipKey = z.tuple([Id, Id]);

/** Behind this one every membership comes: no id that anybody makes is as small. */
export const fromTheFirst: MembershipKey = ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'];

export class MembershipStore {
  constructor(private readonly rows: Rows) {}

  /** Undefined when the person is a member: of many joins at once the key lets one through. Whoever comes back goes on counting versions. */
  async insert(communityId: string, userId: string, role: CommunityRole): Promise<LivingMembership | undefined> {
    const [membership] = await this.rows.query<LivingMembership>(
      `INSERT INTO membership (community_id, user_id, role) VALUES ($1, $2, $3)
       ON CONFLICT (community_id, user_id) DO UPDATE SET role = excluded.role, version = membership.version + 1, joined_at = excluded.joined_at
       WHERE membership.role IS NULL
       RETURNING community_id AS "communityId", user_id AS "userId", role, version, joined_at AS "joinedAt"`,
      [communityId, userId, role],
    );
    return membership;
  }

  /** All of them in the order of their key, strictly behind the position, with those who left: the key of a row never changes. */
  allBehind([communityId, userId]: MembershipKey, rows: number): Promise<MemberState[]> {
    return this.rows.query<MemberState>(
      `SELECT community_id AS "communityId", user_id AS "userId", role, version FROM membership
       WHERE (community_id, user_id) > ($1::uuid, $2::uuid) ORDER BY community_id, user_id LIMIT $3`,
      [communityId, userId, rows],
    );
  }

  async roleOf(communityId: string, userId: string): Promise<CommunityRole | null> {
    const [membership] = await this.rows.query<{ role: CommunityRole | null }>(
      'SELECT role FROM membership WHERE community_id = $1 AND user_id = $2',
      [communityId, userId],
    );
    return membership?.role ?? null;
  }
}
