import { Bucket } from '../limits/bucket.ts';

const REFUSED_AT_MOST = 1_000;

/**
 * How fast one connection may send. Who sends faster is refused frame by frame; who goes on all the same is a flood:
 * every frame taken makes good for one refused, so that only much more than the allowed rate adds up.
 */
export class FrameBudget {
  private readonly bucket: Bucket;
  private refused = 0;

  constructor(perSecond: number, now?: () => number) {
    this.bucket = new Bucket(perSecond, now);
  }

  get isFlooded(): boolean {
    return this.refused > REFUSED_AT_MOST;
  }

  /** Milliseconds until another frame is taken; 0 when this one is. */
  take(): number {
    const after = this.bucket.take();
    this.refused = Math.max(0, this.refused + (after > 0 ? 1 : -1));
    return after;
  }
}
