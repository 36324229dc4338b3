/** A loop's sleep: it ends early when something happens, and something that happened just before is not slept through. */
export class Wakeable {
  private woken = false;
  private end: (() => void) | undefined;

  wake(): void {
    this.woken = true;
    this.end?.();
  }

  /** The loop is about to look: whatever woke it until now is covered by that look. */
  forget(): void {
    this.woken = false;
  }

  async wait(ms: number): Promise<void> {
    if (!this.woken) await this.sleep(ms);
    this.woken = false;
  }

  /** A pause that only `wake` called during it can shorten. */
  async pause(ms: number): Promise<void> {
    this.woken = false;
    await this.sleep(ms);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      this.end = done;
      const clear = () => (this.end = undefined);
      function done() {
        clearTimeout(timer);
        clear();
        resolve();
      }
    });
  }
}
