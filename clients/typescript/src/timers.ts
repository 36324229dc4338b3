/** One of each name at the most. */
export class Timers<Name extends string> {
  private readonly running = new Map<Name, ReturnType<typeof setTimeout>>();

  after(name: Name, ms: number, work: () => void): void {
    this.clear(name);
    this.running.set(name, setTimeout(work, ms));
  }

  clear(name: Name): void {
    clearTimeout(this.running.get(name));
    this.running.delete(name);
  }

  clearAll(): void {
    for (const name of this.running.keys()) this.clear(name);
  }
}
