const REMEMBERED = 20_000;

/**
 * The stream may hold an event twice: after a break a relay sends again what it cannot know to have arrived. Consumers
 * have an inbox for that; screens have this. It forgets the oldest, for a repeat follows its original within moments.
 */
export class RecentIds {
  private readonly ids = new Set<string>();

  constructor(private readonly most = REMEMBERED) {}

  /** Remembers it, too. */
  isRepeat(id: string): boolean {
    if (this.ids.has(id)) return true;
    this.ids.add(id);
    if (this.ids.size > this.most) this.ids.delete(this.ids.keys().next().value!);
    return false;
  }
}
