import { createHmac } from 'node:crypto';
import { currentContext } from '@mela/bus';
import { countedAddress, Db, SETTINGS, type Tx } from '@mela/chassis';
import { Inject, Injectable } from '@nestjs/common';
import { Keyring } from '../keyring/keyring.ts';
import type { IdentitySettings } from '../settings.ts';
import { PlaceStore } from './place.store.ts';

const DIGEST_BYTES = 16;
const DAYS_AFTER_SESSIONS = 30;

/** From where people sign in: kept as keyed digests, so that nobody learns from the table who does so where. */
@Injectable()
export class FamiliarPlaces {
  /** For as long, and longer than any session that was opened there: whoever only refreshes theirs comes back to where they are known. */
  readonly days: number;
  private readonly key: Buffer;

  constructor(
    private readonly db: Db,
    keyring: Keyring,
    @Inject(SETTINGS) { IDENTITY_SESSION_DAYS }: Pick<IdentitySettings, 'IDENTITY_SESSION_DAYS'>,
  ) {
    this.days = IDENTITY_SESSION_DAYS + DAYS_AFTER_SESSIONS;
    this.key = keyring.keyFor('sign-in-throttle');
  }

  /** Where the request that is being answered came from. */
  here(): Buffer {
    const address = currentContext()?.origin?.address;
    return this.digest(`at ${address === undefined ? 'nowhere' : countedAddress(address)}`);
  }

  /** Where somebody has signed in they are at home from now on. Tells whether it is a place like no other before. */
  async arrive(tx: Tx, personId: string): Promise<{ isElsewhere: boolean }> {
    const [store, place] = [tx.get(PlaceStore), this.here()];
    const { isFamiliar, others } = await store.arrive(personId, place, this.days);
    if (!isFamiliar) await store.makeRoom(personId);
    return { isElsewhere: !isFamiliar && others > 0 };
  }

  digest(text: string): Buffer {
    return createHmac('sha256', this.key).update(text).digest().subarray(0, DIGEST_BYTES);
  }

  tidy(): Promise<void> {
    return this.db.get(PlaceStore).tidy(this.days);
  }
}
