import type { Rows } from '@mela/chassis';
import { ProfileStore } from '../profile/profile.store.ts';
import type { CardState } from './card.ts';

/** Cards have no rows of their own: they are what others see of a profile. */
export class CardStore {
  constructor(private readonly rows: Rows) {}

  async of(ids: readonly string[]): Promise<readonly CardState[]> {
    const profiles = await new ProfileStore(this.rows).findAllOpen(ids);
    return profiles.map(({ personId, version, name, handle, avatar, bio, visibility }) => ({ id: personId, version, name, handle, avatar, bio, visibility }));
  }

  async emailsOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.rows.query<{ id: string; email: string }>('SELECT id, email FROM person WHERE id = ANY($1)', [ids]);
    return new Map(rows.map(({ id, email }) => [id, email]));
  }
}
