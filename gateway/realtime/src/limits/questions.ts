import { Buckets } from './buckets.ts';

/** As many as several devices of one person ask that come back at once, each with all the topics it may have. */
const BURST_SECONDS = 5;

/** How fast the owners of topics may be asked for one person, on all their connections together. */
export class Questions {
  private readonly buckets: Buckets;

  constructor(perSecond: number, now?: () => number) {
    this.buckets = new Buckets(perSecond, now, BURST_SECONDS);
  }

  /** Milliseconds until so many may be asked; 0 when they may now. */
  take(personId: string, topics = 1): number {
    return this.buckets.take(personId, topics);
  }
}
