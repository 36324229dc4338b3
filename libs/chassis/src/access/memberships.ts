import { communities, isRefusal, type CommunityRole, type Refusal } from '@mela/contracts';
import type { Asker } from '@mela/bus';
import type { Db } from '../database/db.ts';

/** Says which role a person has in a community; null for none. */
export interface Memberships {
  roleOf(communityId: string, personId: string): Promise<CommunityRole | null | Refusal>;
  /** Asks the owner for the caller's own role, where what is known here may trail it. */
  confirm?(communityId: string): Promise<CommunityRole | null | Refusal>;
}

/**
 * What this service knows from `member.*` events. It trails its owner by moments, so a denial is confirmed with the
 * owner before it is answered: whoever joined a moment ago is let in.
 */
export class ReplicatedMemberships {
  constructor(
    private readonly db: Db,
    private readonly asker: Asker,
    private readonly tooOld: () => Refusal | undefined,
  ) {}

  async roleOf(communityId: string, personId: string): Promise<CommunityRole | null | Refusal> {
    const old = this.tooOld();
    if (old) return old;
    const rows = await this.db.query<{ role: CommunityRole | null }>(
      'SELECT role FROM members WHERE community_id = $1 AND user_id = $2',
      [communityId, personId],
    );
    return rows[0]?.role ?? null;
  }

  /** The owner answers for the caller whose token travels with the question. */
  async confirm(communityId: string): Promise<CommunityRole | null | Refusal> {
    const answer = await this.asker.ask(communities.membership, { communityId });
    return isRefusal(answer) ? answer : answer.role;
  }
}
