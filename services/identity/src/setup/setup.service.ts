import { Db, type Tx } from '@mela/chassis';
import { ProfileCompleted, type identity, type In, type Profile, type Refusal, type Setup } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AccountGone } from '../person/account-gone.ts';
import { ProfileStore } from '../profile/profile.store.ts';
import { asSetup, isCompletedNow } from './setup.ts';
import { SetupStore } from './setup.store.ts';

@Injectable()
export class SetupService {
  constructor(private readonly db: Db) {}

  async find(personId: string): Promise<Setup | Refusal> {
    const profile = await this.db.get(ProfileStore).find(personId);
    return profile ? asSetup(profile, await this.db.get(SetupStore).find(personId)) : AccountGone();
  }

  skip(personId: string, { step }: In<typeof identity.skipSetupStep>): Promise<Setup | Refusal> {
    return this.db.transaction(async (tx) => {
      const profile = await tx.get(ProfileStore).lock(personId);
      if (!profile) return AccountGone();
      await tx.get(SetupStore).skip(personId, step);
      return (await this.advance(tx, profile)).setup;
    });
  }

  /** Says so where nothing is open any more, which is once. Answers the version that the profile has afterwards. */
  async advance(tx: Tx, profile: Profile): Promise<{ setup: Setup; version: number }> {
    const setups = tx.get(SetupStore);
    const setup = asSetup(profile, await setups.find(profile.personId));
    if (!isCompletedNow(setup)) return { setup, version: profile.version };
    const { completedAt, ...completed } = await setups.complete(profile.personId);
    tx.emit(ProfileCompleted, completed, { userId: profile.personId });
    return { setup: { ...setup, completedAt: completedAt.toISOString() }, version: completed.version };
  }
}
