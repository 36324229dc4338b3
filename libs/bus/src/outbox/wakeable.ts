/** What ended a sleep: something that happened, nothing for so long, or a nudge, which asks for no look. */
export type Awakening = 'news' | 'silence' | 'nudge';

/** A loop's sleep: it ends early when something happens, and something that happened just before is not slept through. */
export class Wakeable {
  private woken = false;
  private end: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.end?.();
  }

  get hasNews(): boolean {
    return this.woken;
  }

  /** Ends a sleep, and is no news by itself. */
  nudge(): void {
    this.end?.();
  }

  /** The loop is about to look: whatever woke it until now is covered by that look. */
  forget(): void {
    this.woken = false;
  }

  async wait(ms: number): Promise<Awakening> {
    const isSleptOut = !this.woken && (await this.sleep(ms));
    const awakening = this.woken ? 'news' : isSleptOut ? 'silence' : 'nudge';
    this.woken = false;
    return awakening;
  }

  /** Sleeps, unless there is news, which stays news. */
  async lull(ms: number): Promise<void> {
    if (!this.woken) await this.sleep(ms);
  }

  /** A pause that only `wake` called during it can shorten. */
  async pause(ms: number): Promise<void> {
    this.woken = false;
    await this.sleep(ms);
  }

  /** Answers whether it was slept to its end. */
  private sleep(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wakeUp = (slept: boolean) => {
        clearTimeout(timer);
        this.end = undefined;
        resolve(slept);
      };
      const timer = setTimeout(() => wakeUp(true), ms);
      this.end = () => wakeUp(false);
    });
  }
}
