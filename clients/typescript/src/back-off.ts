const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** Longer pauses after each failure, and a random moment within each: clients that failed together do not come back together. */
export class BackOff {
  private failures = 0;
  private leastMs = 0;

  constructor(private readonly random: () => number) {}

  next(): number {
    return this.within([0, Math.min(LONGEST_MS, Math.max(this.leastMs, FIRST_MS * 2 ** this.failures++))]);
  }

  /** How far the clients of a gateway are to spread, as it said itself: no span is shorter from now on. */
  spread(leastMs: number): void {
    this.leastMs = leastMs;
  }

  within([from, to]: readonly [number, number]): number {
    return from + this.random() * (to - from);
  }

  reset(): void {
    this.failures = 0;
  }
}
