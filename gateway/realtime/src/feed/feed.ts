import { reach } from '@mela/bus';
import type { ToldFrames } from '../events/told-frames.ts';
import type { RecentEvents } from '../history/recent-events.ts';
import { closing } from '../protocol/close-codes.ts';
import { Message } from '../protocol/message.ts';
import type { Connection } from '../socket/connection.ts';
import { merged } from './merge.ts';

interface Parts {
  readonly recent: Pick<RecentEvents, 'onTopic' | 'after'>;
  readonly frames: Pick<ToldFrames, 'of'>;
  /** The last place that was heard. */
  readonly end: () => number;
  /** Where everybody is who has caught up, though nothing of late was for them. */
  readonly toldUntil: () => number;
}

/**
 * One connection's reader of several topics. Its client remembers one cursor for all of them, so they are told in one order,
 * that of the stream: whatever was told last, everything before it was told.
 */
export class Feed {
  private readonly topics = new Map<string, number>();
  private at: number;
  private caughtUp = false;
  private waits = false;

  constructor(
    private readonly parts: Parts,
    private readonly connection: Connection,
    at: number,
    private readonly whenCaughtUp: () => void,
  ) {
    this.at = at;
  }

  /** Everything until here was told. Where no more is taken, what happened after the last that was may be untold. */
  get place(): number {
    return this.caughtUp && this.connection.isOpen ? Math.max(this.at, this.parts.toldUntil()) : this.at;
  }

  /** Of the topic only what happened after a place. */
  add(topic: string, from: number): void {
    this.topics.set(topic, from);
  }

  drop(topic: string): void {
    this.topics.delete(topic);
  }

  /** Tells what is there to tell. The past no faster than it is read; what happens now in any case. */
  tell(): void {
    const { connection, parts: { recent, frames } } = this;
    while (connection.isOpen && !this.waits) {
      if (this.place < recent.after) return connection.close(closing.slow);
      if (!this.caughtUp && !connection.hasRoom) return this.waitForRoom();
      const tellings = merged(recent, this.topics, this.place);
      if (tellings.length === 0) return this.reachEnd();
      connection.deliver(new Message(tellings.map(({ event, topic }) => frames.of(event, topic))));
      this.at = tellings.at(-1)!.event.seq;
      reach(this.caughtUp ? 'realtime.told' : 'realtime.replaying');
    }
  }

  private waitForRoom(): void {
    this.waits = true;
    this.connection.whenRead(() => {
      this.waits = false;
      this.tell();
    });
  }

  private reachEnd(): void {
    this.at = Math.max(this.at, this.parts.end());
    if (this.caughtUp) return;
    this.caughtUp = true;
    this.whenCaughtUp();
  }
}
