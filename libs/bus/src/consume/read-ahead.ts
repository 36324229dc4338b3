import type { Delivery } from './delivery.ts';

const AT_ONCE = 8;

/** Reads what has arrived while the database works: a little at a time, so that its answers are not kept waiting. */
export class ReadAhead {
  private waiting: Delivery[] = [];
  private next = 0;

  constructor(private readonly read: (delivery: Delivery) => void) {}

  arrived(delivery: Delivery): void {
    if (this.waiting.push(delivery) === 1) setImmediate(this.some);
  }

  private readonly some = (): void => {
    const until = Math.min(this.next + AT_ONCE, this.waiting.length);
    while (this.next < until) this.read(this.waiting[this.next++]!);
    if (this.next < this.waiting.length) return void setImmediate(this.some);
    this.waiting = [];
    this.next = 0;
  };
}
