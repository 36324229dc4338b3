import { Db, type Tx } from '@mela/chassis';
import { HandleTaken, isRefusal, ProfileChanged, type identity, type In, type Profile, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { CardService } from '../card/card.service.ts';
import { HandleStore } from '../handle/handle.store.ts';
import { AccountGone } from '../person/account-gone.ts';
import { SetupService } from '../setup/setup.service.ts';
import { asProfile, changeProfile } from './profile.ts';
import { ProfileStore } from './profile.store.ts';

@Injectable()
export class ProfileService {
  constructor(
    private readonly db: Db,
    private readonly cards: CardService,
    private readonly setups: SetupService,
  ) {}

  async find(personId: string): Promise<Profile | Refusal> {
    const profile = await this.db.get(ProfileStore).find(personId);
    return profile ? asProfile(profile) : AccountGone();
  }

  change(personId: string, { expectedVersion, ...patch }: In<typeof identity.changeProfile>): Promise<Profile | Refusal> {
    return this.db.transaction(async (tx) => {
      const before = await tx.get(ProfileStore).lock(personId);
      if (!before) return AccountGone();
      const change = changeProfile(before, patch, new Date(), expectedVersion);
      if (isRefusal(change)) return change;
      const { after, fields } = change;
      if (fields.length === 0) return asProfile(before);
      if (fields.includes('handle') && !(await this.move(tx, personId, before.handle, after.handle))) return HandleTaken();
      const changed = await tx.get(ProfileStore).change(after);
      tx.emit(ProfileChanged, changed, { userId: personId, fields: [...fields] });
      await this.cards.outdate(personId, changed.version);
      const { version } = await this.setups.advance(tx, { ...after, version: changed.version });
      return asProfile({ ...after, version });
    });
  }

  /** False where the new one is another's. */
  private async move(tx: Tx, personId: string, before: string | null, after: string | null): Promise<boolean> {
    const handles = tx.get(HandleStore);
    await handles.lock(before, after);
    await handles.giveUp(personId);
    return after === null || handles.claim(personId, after);
  }
}
