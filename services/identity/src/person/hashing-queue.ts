import { HashingBusy, type Refusal } from '@mela/contracts';

/** So many at once, so many waiting, and a refusal for the next: a flood of sign-ins costs its senders, not everybody else. */
export class HashingQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly lanes: number,
    private readonly places: number,
  ) {}

  async run<R>(work: () => Promise<R>): Promise<R | Refusal> {
    if (this.running < this.lanes) this.running++;
    else if (this.waiting.length >= this.places) return HashingBusy();
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // Handed over as it is, so that nobody who comes in between can take the lane twice.
      if (next) next();
      else this.running--;
    }
  }
}
