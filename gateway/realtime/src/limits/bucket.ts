export const BURST_SECONDS = 2;

/** So many a second, and those of a few seconds at once. */
export class Bucket {
  private readonly burst: number;
  private left: number;
  private countedAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
    burstSeconds = BURST_SECONDS,
  ) {
    this.burst = this.left = perSecond * burstSeconds;
    this.countedAt = now();
  }

  /** Milliseconds until so many are taken; 0 when they are. More than a bucket holds take all of it. */
  take(count = 1): number {
    const now = this.now();
    this.left = Math.min(this.burst, this.left + ((now - this.countedAt) / 1000) * this.perSecond);
    this.countedAt = now;
    const wanted = Math.min(count, this.burst);
    if (this.left < wanted) return Math.ceil(((wanted - this.left) / this.perSecond) * 1000);
    this.left -= wanted;
    return 0;
  }
}
