import { countedAddress } from '@mela/chassis';
import { Bucket } from './bucket.ts';

/** A bucket that nobody took from for so long is full, and like one that was never there. */
const FULL_AGAIN_MS = 2_000;

/** How fast connections may come from one network address. */
export class Arrivals {
  private young = new Map<string, Bucket>();
  private old = new Map<string, Bucket>();
  private turnedAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.turnedAt = now();
  }

  /** Addresses that are kept in mind. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Milliseconds until the next one from there is let in; 0 when this one is. */
  take(address: string): number {
    this.forget();
    const counted = countedAddress(address);
    const bucket = this.young.get(counted) ?? this.old.get(counted) ?? new Bucket(this.perSecond, this.now);
    this.young.set(counted, bucket);
    this.old.delete(counted);
    return bucket.take();
  }

  private forget(): void {
    const since = this.now() - this.turnedAt;
    if (since < FULL_AGAIN_MS) return;
    this.old = since < 2 * FULL_AGAIN_MS ? this.young : new Map();
    this.young = new Map();
    this.turnedAt = this.now();
  }
}
