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

const MEMBERSHIP = 'community_id AS "communityId", user_id AS "userId", role, version, joined_at AS "joinedAt"';

export class MembershipStore {
  constructor(private readonly rows: Rows) {}

  /**
   * Undefined when the person is a member: of many joins at once the key lets one through. Whoever comes back goes on counting
   * versions; their time begins when the row is theirs, since the transaction may have begun while they still were leaving.
   */
  async insert(communityId: string, userId: string, role: CommunityRole): Promise<LivingMembership | undefined> {
    const [membership] = await this.rows.query<LivingMembership>(
      `INSERT INTO membership (community_id, user_id, role) VALUES ($1, $2, $3)
       ON CONFLICT (community_id, user_id) DO UPDATE SET role = excluded.role, version = membership.version + 1, joined_at = clock_timestamp()
       WHERE membership.role IS NULL
       RETURNING ${MEMBERSHIP}`,
      [communityId, userId, role],
    );
    return membership;
  }

  /** Of these people the members, who stay as they are until the transaction ends. In the order of the key, so that nobody waits crosswise. */
  lock(communityId: string, userIds: readonly string[]): Promise<LivingMembership[]> {
    return this.rows.query<LivingMembership>(
      `SELECT ${MEMBERSHIP} FROM membership WHERE community_id = $1 AND user_id = ANY ($2::uuid[]) AND role IS NOT NULL ORDER BY user_id FOR UPDATE`,
      [communityId, userIds],
    );
  }

  /** The row stays, without a role. */
  async end({ communityId, userId }: LivingMembership): Promise<MembershipState> {
    const [ended] = await this.rows.query<MembershipState>(
      `UPDATE membership SET role = NULL, version = version + 1 WHERE community_id = $1 AND user_id = $2 RETURNING ${MEMBERSHIP}`,
      [communityId, userId],
    );
    return ended!;
  }

  /** Where somebody belongs, in the order in which memberships are locked everywhere. */
  async communitiesOf(userId: string): Promise<readonly string[]> {
    const rows = await this.rows.query<{ communityId: string }>(
      'SELECT community_id AS "communityId" FROM membership WHERE user_id = $1 AND role IS NOT NULL ORDER BY community_id', [userId],
    );
    return rows.map(({ communityId }) => communityId);
  }

  /** Wherever somebody belonged, and belongs. */
  allOf(userId: string): Promise<MembershipState[]> {
    return this.rows.query<MembershipState>(`SELECT ${MEMBERSHIP} FROM membership WHERE user_id = $1 ORDER BY community_id`, [userId]);
  }

  /** Of the others whoever ranks highest, and of them whoever was there first; held until the transaction ends. */
  async heirOf(communityId: string, userId: string): Promise<LivingMembership | undefined> {
    for (;;) {
      const [next] = await this.rows.query<{ id: string }>(
        `SELECT user_id AS id FROM membership WHERE community_id = $1 AND user_id <> $2 AND role IS NOT NULL
         ORDER BY array_position(ARRAY['owner', 'admin', 'moderator', 'member'], role), joined_at, user_id LIMIT 1`,
        [communityId, userId],
      );
      if (!next) return undefined;
      // Whoever has left by now is none, and the next one is looked for.
      const [heir] = await this.lock(communityId, [next.id]);
      if (heir) return heir;
    }
  }

  async countOwners(communityId: string): Promise<number> {
    const [counted] = await this.rows.query<{ owners: number }>(`SELECT count(*)::int AS owners FROM membership WHERE community_id = $1 AND role = 'owner'`, [communityId]);
    return counted!.owners;
  }

  async find(communityId: string, userId: string): Promise<LivingMembership | undefined> {
    const [membership] = await this.rows.query<LivingMembership>(
      `SELECT ${MEMBERSHIP} FROM membership WHERE community_id = $1 AND user_id = $2 AND role IS NOT NULL`,
      [communityId, userId],
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
}
