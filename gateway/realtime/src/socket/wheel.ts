/**
 * One timer for any number of waiting things, each with one moment at which it is due: setting it anew replaces the old.
 * Exact to one tick. A timer of its own for each of 50,000 connections would cost more than the connections do.
 */
export class Wheel<T> {
  private readonly slots = new Map<number, Set<T>>();
  private readonly slotOf = new Map<T, number>();
  private readonly timer: NodeJS.Timeout;
  private turned: number;

  constructor(
    private readonly tickMs: number,
    private readonly due: (item: T) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.turned = this.tick(0);
    this.timer = setInterval(() => this.turn(), tickMs).unref();
  }

  set(item: T, inMs: number): void {
    this.delete(item);
    // A moment that has passed is due at the next tick: a slot behind the hand would never be reached.
    const slot = this.tick(Math.max(0, inMs)) + 1;
    this.slotOf.set(item, slot);
    const items = this.slots.get(slot);
    if (items) items.add(item);
    else this.slots.set(slot, new Set([item]));
  }

  delete(item: T): void {
    const slot = this.slotOf.get(item);
    if (slot === undefined) return;
    this.slotOf.delete(item);
    const items = this.slots.get(slot);
    items?.delete(item);
    if (items?.size === 0) this.slots.delete(slot);
  }

  /** Whatever became due since the last turn; a machine that slept catches up. */
  turn(): void {
    const until = this.tick(0);
    for (; this.turned < until; this.turned++) {
      const items = this.slots.get(this.turned + 1);
      if (!items) continue;
      this.slots.delete(this.turned + 1);
      for (const item of items) {
        // One that is due may have taken another out, or put it off.
        if (this.slotOf.get(item) !== this.turned + 1) continue;
        this.slotOf.delete(item);
        this.due(item);
      }
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(inMs: number): number {
    return Math.floor((this.now() + inMs) / this.tickMs);
  }
}
