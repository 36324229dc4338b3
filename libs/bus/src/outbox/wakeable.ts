/** What ended a sleep: something that happened, nothing for so long, or a nudge, which asks for no look. */
export type Awakening = 'news' | 'silence' | 'nudge';

/** A loop's sleep: it ends early when something happens, and something that happened just before is not slept through. */
export class Wakeable {
  private woken = false;
  private end: ((by: 'news' | 'nudge') => void) | undefined;

  wake(): void {
    this.woken = true;
    this.end?.('news');
  }

  get hasNews(): boolean {
    return this.woken;
  }

  /** Ends a sleep, and is no news by itself. */
  nudge(): void {
    this.end?.('nudge');
  }

  /** The loop is about to look: whatever woke it until now is covered by that look. */
  forget(): void {
    this.woken = false;
  }

  async wait(ms: number): Promise<Awakening> {
    const isSleptOut = !this.woken && (await this.sleep(ms, ['news', 'nudge']));
    const awakening = this.woken ? 'news' : isSleptOut ? 'silence' : 'nudge';
    this.woken = false;
    return awakening;
  }

  /** Sleeps through nudges, and answers whether to the end; not while there is news, which stays news. */
  async lull(ms: number): Promise<boolean> {
    return !this.woken && this.sleep(ms, ['news']);
  }

  /** A pause that only what happens during it can shorten. */
  async pause(ms: number): Promise<void> {
    this.woken = false;
    await this.sleep(ms, ['news', 'nudge']);
  }

  /** Answers whether it was slept to its end. */
  private sleep(ms: number, endedBy: readonly ('news' | 'nudge')[]): Promise<boolean> {
    return new Promise((resolve) => {
      const wakeUp = (slept: boolean) => {
        clearTimeout(timer);
        this.end = undefined;
        resolve(slept);
      };
      const timer = setTimeout(() => wakeUp(true), ms);
      this.end = (by) => void (endedBy.includes(by) && wakeUp(false));
    });
  }
}
