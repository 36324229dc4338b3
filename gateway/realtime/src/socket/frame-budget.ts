const BURST_SECONDS = 2;
const REFUSED_AT_MOST = 1_000;

/**
 * How fast one connection may send. Who sends faster is refused frame by frame; who goes on all the same is a flood:
 * every frame taken makes good for one refused, so that only much more than the allowed rate adds up.
 */
export class FrameBudget {
  private readonly burst: number;
  private left: number;
  private countedAt: number;
  private refused = 0;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.burst = this.left = perSecond * BURST_SECONDS;
    this.countedAt = now();
  }

  get isFlooded(): boolean {
    return this.refused > REFUSED_AT_MOST;
  }

  /** Milliseconds until another frame is taken; 0 when this one is. */
  take(): number {
    const now = this.now();
    this.left = Math.min(this.burst, this.left + ((now - this.countedAt) / 1000) * this.perSecond);
    this.countedAt = now;
    if (this.left < 1) {
      this.refused++;
      return Math.ceil(((1 - this.left) / this.perSecond) * 1000);
    }
    this.left--;
    this.refused = Math.max(0, this.refused - 1);
    return 0;
  }
}
