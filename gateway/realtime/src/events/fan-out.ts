import type { Subscription } from '../topics/subscription.ts';

/** One frame to everybody who listens: the place where the bytes meet the sockets, and nowhere else. */
export function fanOut(frame: Buffer, listeners: Iterable<Subscription>): void {
  for (const listener of listeners) listener.hear(frame);
}
