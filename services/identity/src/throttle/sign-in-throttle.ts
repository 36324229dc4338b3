import { createHmac } from 'node:crypto';
import { currentContext } from '@mela/bus';
import { countedAddress, Db, type Tx } from '@mela/chassis';
import { type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { Keyring } from '../keyring/keyring.ts';
import { countsOf, judgeAttempt, WINDOW_MINUTES } from './throttle.ts';
import { ThrottleStore } from './throttle.store.ts';

const DIGEST_BYTES = 16;

/** An attempt that may be made. */
export interface Admitted {
  /** It was the right password: what was counted of this account is forgotten. */
  succeed(tx: Tx): Promise<void>;
  /** Nobody looked at the password. */
  giveBack(): Promise<void>;
}

/** How often passwords may be tried. Accounts and places are kept as keyed digests: nobody learns from the table who signs in where. */
@Injectable()
export class SignInThrottle {
  private readonly key: Buffer;

  constructor(
    private readonly db: Db,
    keyring: Keyring,
  ) {
    this.key = keyring.keyFor('sign-in-throttle');
  }

  /** An address that nobody has is counted as any other is. */
  async admit(email: string, personId: string | undefined): Promise<Admitted | Refusal> {
    const store = this.db.get(ThrottleStore);
    const place = this.here();
    const { isFamiliar } = await store.familiarity(personId ?? null, place);
    const counts = countsOf({ account: email, place: place.toString('base64url'), isFamiliar });
    const keys = counts.map(({ name }) => this.digest(name));
    const refused = judgeAttempt(counts, await store.take(keys, WINDOW_MINUTES));
    if (refused) {
      await store.giveBack(keys);
      return refused;
    }
    return {
      succeed: async (tx) => {
        const [ofAccount, ...ofPlace] = keys;
        await tx.get(ThrottleStore).forget(ofAccount!);
        if (ofPlace.length > 0) await tx.get(ThrottleStore).giveBack(ofPlace);
      },
      giveBack: () => store.giveBack(keys),
    };
  }

  /** Where somebody has signed in they are at home from now on. Tells whether it is a place like no other before. */
  async arrive(tx: Tx, personId: string): Promise<{ isElsewhere: boolean }> {
    const [store, place] = [tx.get(ThrottleStore), this.here()];
    const { isFamiliar, others } = await store.familiarity(personId, place);
    await store.becomeFamiliar(personId, place);
    return { isElsewhere: !isFamiliar && others > 0 };
  }

  tidy(): Promise<void> {
    return this.db.get(ThrottleStore).tidy();
  }

  private here(): Buffer {
    const address = currentContext()?.origin?.address;
    return this.digest(`at ${address === undefined ? 'nowhere' : countedAddress(address)}`);
  }

  private digest(text: string): Buffer {
    return createHmac('sha256', this.key).update(text).digest().subarray(0, DIGEST_BYTES);
  }
}
