import { countedAddress } from '@mela/chassis';
import { Buckets } from './buckets.ts';

/** How fast connections may come from one network address. */
export class Arrivals {
  private readonly buckets: Buckets;

  constructor(perSecond: number, now?: () => number) {
    this.buckets = new Buckets(perSecond, now);
  }

  /** Addresses that are kept in mind. */
  get size(): number {
    return this.buckets.size;
  }

  /** Milliseconds until the next one from there is let in; 0 when this one is. */
  take(address: string): number {
    return this.buckets.take(countedAddress(address));
  }
}
