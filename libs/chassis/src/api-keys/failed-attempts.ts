import { LRUCache } from 'lru-cache';
import { countedAddress } from '../addresses/counted-address.ts';

const REMEMBERED = 10_000;

/** How often one address was wrong within a while. An attempt counts as soon as it begins, so that many at once are no more than one after the other. */
export class FailedAttempts {
  private readonly byAddress: LRUCache<string, { count: number; readonly until: number }> = new LRUCache({ max: REMEMBERED });

  constructor(
    private readonly most: number,
    private readonly windowMs: number,
    private readonly now: () => number,
  ) {}

  /** False where there were too many; otherwise another one has begun. */
  begin(address: string): boolean {
    const from = countedAddress(address);
    const noted = this.byAddress.get(from);
    if (!noted || noted.until <= this.now()) this.byAddress.set(from, { count: 1, until: this.now() + this.windowMs });
    else if (noted.count >= this.most) return false;
    else noted.count++;
    return true;
  }

  /** It was none. */
  takeBack(address: string): void {
    const noted = this.byAddress.get(countedAddress(address));
    if (noted && noted.count > 0) noted.count--;
  }
}
