import { AsyncLocalStorage } from 'node:async_hooks';

interface Batch<Item> {
  readonly keys: Set<string>;
  readonly items: PromiseWithResolvers<readonly Item[]>;
}

/**
 * One look at a time: whoever comes meanwhile shares the next. However many ask at once, two looks answer all of them, and
 * nobody is given the result of one that began before they asked: it may be of before what they know of.
 */
export class Gathering<Item> {
  private next: Batch<Item> | undefined;
  private looking = false;
  // A look serves many: it is in nobody's transaction, and ends with nobody's deadline.
  private readonly inNobodysName = AsyncLocalStorage.snapshot();

  constructor(private readonly look: (keys: readonly string[]) => Promise<readonly Item[]>) {}

  /** What there is under these keys, and perhaps under others. */
  async take(keys: readonly string[]): Promise<readonly Item[]> {
    const batch = (this.next ??= { keys: new Set(), items: Promise.withResolvers() });
    for (const key of keys) batch.keys.add(key);
    if (!this.looking) void this.inNobodysName(() => this.run());
    return batch.items.promise;
  }

  private async run(): Promise<void> {
    this.looking = true;
    for (let batch = this.next; batch; batch = this.next) {
      this.next = undefined;
      await this.look([...batch.keys]).then(batch.items.resolve, batch.items.reject);
    }
    this.looking = false;
  }
}
