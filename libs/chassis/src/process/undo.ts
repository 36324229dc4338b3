/** What was opened, to be given back in the opposite order. A step that fails keeps none of the others from being taken. */
export class Undo {
  private readonly steps: (() => unknown)[] = [];

  push(step: () => unknown): void {
    this.steps.push(step);
  }

  async all(): Promise<void> {
    const faults: unknown[] = [];
    for (const step of this.steps.splice(0).toReversed())
      try {
        await step();
      } catch (fault) {
        faults.push(fault);
      }
    if (faults.length > 0) throw faults[0];
  }
}
