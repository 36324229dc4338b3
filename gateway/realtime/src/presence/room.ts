import { Message } from '../protocol/message.ts';
import { presence } from '../protocol/outgoing.ts';
import type { Subscription } from '../topics/subscription.ts';
import type { Roll } from './roll.ts';

export const APART_MS = 1_000;
const NAMED_AT_MOST = 1_000;

interface Parts {
  readonly roll: Roll;
  /** Calls `tell` on the room in so many milliseconds, once. */
  readonly later: (room: Room, inMs: number) => void;
  readonly now: () => number;
}

/**
 * Who is on one topic, as those who listen for it at this gateway are told: a snapshot first, then what differs from what
 * everybody here knows. All know the same at any time, so both are written once for all.
 */
export class Room {
  private readonly listeners = new Set<Subscription>();
  /** As it was told: everybody, or as many as are named. */
  private readonly named = new Set<string>();
  private readonly changed = new Set<string>();
  private count = 0;
  private version = 1;
  private toldAt = Number.NEGATIVE_INFINITY;
  private snapshot: Message | undefined;

  constructor(
    readonly topic: string,
    private readonly parts: Parts,
  ) {
    this.findDifference();
  }

  get isEmpty(): boolean {
    return this.listeners.size === 0;
  }

  has(listener: Subscription): boolean {
    return this.listeners.has(listener);
  }

  /** Is told who is there; those who were there before are told first. */
  enter(listener: Subscription): void {
    if (this.wait() === 0) this.tell();
    this.listeners.add(listener);
    const { topic, version, named, count } = this;
    this.snapshot ??= Message.of(presence(topic, { v: version, join: [...named], leave: [], count, snapshot: true }));
    listener.connection.deliver(this.snapshot);
  }

  leave(listener: Subscription): boolean {
    return this.listeners.delete(listener);
  }

  /** Somebody may have come or gone. */
  note(personId: string): void {
    if (this.changed.size === 0) this.parts.later(this, this.wait());
    this.changed.add(personId);
  }

  tell(): void {
    const before = this.count;
    const { join, leave } = this.findDifference();
    if (join.length === 0 && leave.length === 0 && this.count === before) return;
    this.version++;
    this.snapshot = undefined;
    if (this.isEmpty) return;
    this.toldAt = this.parts.now();
    const message = Message.of(presence(this.topic, { v: this.version, join, leave, count: this.count }));
    for (const listener of this.listeners) listener.connection.deliver(message);
  }

  private wait(): number {
    return Math.max(0, this.toldAt + APART_MS - this.parts.now());
  }

  private findDifference(): { join: string[]; leave: string[] } {
    const { roll } = this.parts;
    const leave = [...this.changed].filter((personId) => !roll.has(this.topic, personId) && this.named.delete(personId));
    this.count = roll.count(this.topic);
    const join: string[] = [];
    const name = (people: Iterable<string>) => {
      for (const personId of people) {
        if (this.named.size >= Math.min(NAMED_AT_MOST, this.count)) return;
        if (this.named.has(personId) || !roll.has(this.topic, personId)) continue;
        this.named.add(personId);
        join.push(personId);
      }
    };
    name(this.changed);
    // Who was one too many is named when somebody else has gone.
    name(roll.on(this.topic));
    this.changed.clear();
    return { join, leave };
  }
}
