import type { Subscription } from './subscription.ts';

const nobody: ReadonlySet<Subscription> = new Set();

/** Who hears what, across all connections. */
export class Topics {
  private readonly listeners = new Map<string, Set<Subscription>>();
  subscriptions = 0;

  listenersOf(topic: string): ReadonlySet<Subscription> {
    return this.listeners.get(topic) ?? nobody;
  }

  add(subscription: Subscription): void {
    const listeners = this.listeners.get(subscription.topic);
    if (listeners) listeners.add(subscription);
    else this.listeners.set(subscription.topic, new Set([subscription]));
    this.subscriptions++;
  }

  delete(subscription: Subscription): void {
    const listeners = this.listeners.get(subscription.topic);
    if (!listeners?.delete(subscription)) return;
    this.subscriptions--;
    if (listeners.size === 0) this.listeners.delete(subscription.topic);
  }
}
