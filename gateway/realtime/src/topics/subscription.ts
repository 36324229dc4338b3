import type { Refusal } from '@mela/contracts';
import type { Feed } from '../feed/feed.ts';
import type { Message } from '../protocol/message.ts';
import type { Connection } from '../socket/connection.ts';

/** Why it is no more: never granted, given up, taken away, or its connection is gone. */
export type HowEnded = 'refused' | 'unwanted' | 'revoked' | 'gone';

/**
 * One connection's ear for one topic. While its right is asked for it is told nothing; then it is told what happened
 * since, out of the recent past; having caught up, it hears what happens.
 */
export class Subscription {
  /** What the right rests on, once it is granted. */
  scope: string | undefined;
  /** A right of this person was taken away while the owner was asked: the answer may be from before. */
  doubted = false;
  /** What whoever asked for it, and has no answer yet, is told of its end. */
  endedFor: Refusal | undefined;
  /** It was told the past: it hears what happens. */
  isLive = false;
  private whenSettled: ((refusal: Refusal | undefined) => void)[] | undefined;
  /** Reads several topics in one order; what happens wakes it. */
  feed: Feed | undefined;
  /** Is one of those who are there, and is told who else is. */
  takesPart = false;

  constructor(
    readonly connection: Connection,
    readonly topic: string,
    /** Told until here; everything after this place is still to be told. */
    public at: number,
  ) {}

  get ended(): boolean {
    return this.endedFor !== undefined;
  }

  /** Everything of the topic until here was told; of what happens now, it is told without being noted here. */
  get toldUntil(): number {
    return this.feed ? Math.max(this.at, this.feed.place) : this.at;
  }

  /** Told once it is live, or why it will not be. */
  onceSettled(then: (refusal: Refusal | undefined) => void): void {
    if (this.isLive) then(undefined);
    else (this.whenSettled ??= []).push(then);
  }

  settle(refusal?: Refusal): void {
    const told = this.whenSettled;
    this.whenSettled = undefined;
    for (const then of told ?? []) then(refusal);
  }

  hear(message: Message): void {
    if (this.feed) this.feed.tell();
    else this.connection.deliver(message);
  }
}
