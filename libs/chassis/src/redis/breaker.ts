const PAUSE_MS = 1_000;

interface BreakerEvents {
  broke(error: unknown): void;
  healed(): void;
}

/**
 * Keeps a part that is away from slowing everybody down: after a failure nobody tries for a moment, then one does,
 * and the others go on without. Tells once that it broke and once that it is back.
 */
export class Breaker {
  private broken = false;
  private retryAt = 0;

  constructor(
    private readonly events: BreakerEvents,
    private readonly now: () => number = Date.now,
  ) {}

  /** The answer, or undefined where there is none to be had. */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    const probing = this.broken;
    if (probing && this.now() < this.retryAt) return undefined;
    // Until this attempt ends, others go without.
    if (probing) this.retryAt = this.now() + PAUSE_MS;
    try {
      const result = await work();
      // One that began before the break proves nothing.
      if (probing) this.heal();
      return result;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  private heal(): void {
    if (!this.broken) return;
    this.broken = false;
    this.events.healed();
  }

  private fail(error: unknown): void {
    this.retryAt = this.now() + PAUSE_MS;
    if (this.broken) return;
    this.broken = true;
    this.events.broke(error);
  }
}
