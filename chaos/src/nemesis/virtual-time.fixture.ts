/** Time that passes only when everybody waits for it: minutes of a run are over in milliseconds. */
export class VirtualTime {
  now = 0;
  private readonly waiting: { readonly until: number; readonly wake: () => void }[] = [];
  private due: NodeJS.Immediate | undefined;

  readonly clock = (): number => this.now;

  readonly pause = (ms: number): Promise<void> =>
    new Promise((wake) => {
      this.waiting.push({ until: this.now + ms, wake });
      this.due ??= setImmediate(() => this.pass());
    });

  private pass(): void {
    this.due = undefined;
    this.waiting.sort((one, other) => one.until - other.until);
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.now = next.until;
    next.wake();
    if (this.waiting.length > 0) this.due ??= setImmediate(() => this.pass());
  }
}
