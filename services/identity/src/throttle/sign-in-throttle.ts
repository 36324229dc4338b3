import { Db, type Tx } from '@mela/chassis';
import { type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import type { Account } from '../person/person.ts';
import { FamiliarPlaces } from './familiar-places.ts';
import { PlaceStore } from './place.store.ts';
import { countsOf, judgeAttempt, WINDOW_MINUTES, type Counted } from './throttle.ts';
import { ThrottleStore } from './throttle.store.ts';

/** An attempt that may be made. */
export interface Admitted {
  /** From where the person has signed in within a day: it need not be noted again. */
  readonly isAtHome: boolean;
  /** What attempts at this account are counted by. */
  readonly counted: Buffer;
  /** It was the right password: what was counted of this account is forgotten. */
  succeed(tx: Tx): Promise<void>;
  /** Nobody looked at the password. */
  giveBack(): Promise<void>;
}

/** How often passwords may be tried. Accounts are kept as keyed digests, as places are. */
@Injectable()
export class SignInThrottle {
  constructor(
    private readonly db: Db,
    private readonly places: FamiliarPlaces,
  ) {}

  /** An address that nobody has is counted as any other is. */
  async admit(email: string): Promise<Admitted | Refusal> {
    const store = this.db.get(ThrottleStore);
    const place = this.places.here();
    const whose = { account: email, place: place.toString('base64url') };
    const [atHome, away] = [countsOf({ ...whose, isFamiliar: true }), countsOf({ ...whose, isFamiliar: false })];
    const { isFamiliar, isOfToday, standings } = await store.take({ email, place, days: this.places.days, atHome: this.keysOf(atHome), away: this.keysOf(away) }, WINDOW_MINUTES);
    const counts = isFamiliar ? atHome : away;
    const keys = this.keysOf(counts);
    const refused = judgeAttempt(counts, standings);
    if (refused) {
      await store.giveBack(keys);
      return refused;
    }
    const [ofAccount, ...ofPlace] = keys;
    return {
      isAtHome: isOfToday,
      counted: ofAccount!,
      succeed: (tx) => tx.get(ThrottleStore).succeed(ofAccount!, ofPlace),
      giveBack: () => store.giveBack(keys),
    };
  }

  /**
   * Whoever has shown who they are in another way is at home here from now on: others may go on guessing from elsewhere. What was guessed at their
   * account before, by whomever and wherever, is forgotten. The account is held.
   */
  async letIn(tx: Tx, { id, email }: Pick<Account, 'id' | 'email'>): Promise<void> {
    await this.places.arrive(tx, id);
    const homes = (await tx.get(PlaceStore).of(id)).flatMap((place) => countsOf({ account: email, place: place.toString('base64url'), isFamiliar: true }));
    const [away] = countsOf({ account: email, place: '', isFamiliar: false });
    await tx.get(ThrottleStore).forget(this.keysOf([away!, ...homes]));
  }

  async tidy(): Promise<void> {
    await this.db.get(ThrottleStore).tidy();
    await this.places.tidy();
  }

  private keysOf(counts: readonly Counted[]): Buffer[] {
    return counts.map(({ name }) => this.places.digest(name));
  }
}
