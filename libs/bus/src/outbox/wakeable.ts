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

  /** Answers whether it is time to look: something happened, or so long nothing has. */
  async wait(ms: number): Promise<boolean> {
    const isTime = this.woken || (await this.sleep(ms)) || this.woken;
    this.woken = false;
    return isTime;
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
