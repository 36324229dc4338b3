import type { Entry } from '@mela/testkit/chaos';

/** What everybody asked, was answered and heard, and what was done to them, in the order in which it ended. */
export class History {
  readonly entries: Entry[] = [];
  private readonly began = performance.now();

  /** Milliseconds since the run began. */
  readonly now = (): number => Math.round(performance.now() - this.began);

  readonly record = (entry: Entry): void => {
    this.entries.push(entry);
  };
}
