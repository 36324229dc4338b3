const BURST_SECONDS = 2;

/** So many a second, and twice as many at once. */
export class Bucket {
  private readonly burst: number;
  private left: number;
  private countedAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.burst = this.left = perSecond * BURST_SECONDS;
    this.countedAt = now();
  }

  /** Milliseconds until the next one is taken; 0 when this one is. */
  take(): number {
    const now = this.now();
    this.left = Math.min(this.burst, this.left + ((now - this.countedAt) / 1000) * this.perSecond);
    this.countedAt = now;
    if (this.left < 1) return Math.ceil(((1 - this.left) / this.perSecond) * 1000);
    this.left--;
    return 0;
  }
}
