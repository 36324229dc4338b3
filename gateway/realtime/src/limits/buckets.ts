import { Bucket, BURST_SECONDS } from './bucket.ts';

/** A bucket for each name, kept in mind for as long as it makes a difference. */
export class Buckets {
  private young = new Map<string, Bucket>();
  private old = new Map<string, Bucket>();
  private turnedAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
    private readonly burstSeconds = BURST_SECONDS,
  ) {
    this.turnedAt = now();
  }

  /** Names that are kept in mind. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  /** Milliseconds until so many are taken in this name; 0 when they are. */
  take(name: string, count = 1): number {
    this.forget();
    const bucket = this.young.get(name) ?? this.old.get(name) ?? new Bucket(this.perSecond, this.now, this.burstSeconds);
    this.young.set(name, bucket);
    this.old.delete(name);
    return bucket.take(count);
  }

  /** A bucket that nobody took from for as long as it takes to fill is full, and like one that was never there. */
  private forget(): void {
    const fullAgainMs = this.burstSeconds * 1_000;
    const since = this.now() - this.turnedAt;
    if (since < fullAgainMs) return;
    this.old = since < 2 * fullAgainMs ? this.young : new Map();
    this.young = new Map();
    this.turnedAt = this.now();
  }
}
