import { Lane } from './lane.ts';

/** An event that was told, and all that is needed to tell it again. */
export interface ToldEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** When the stream stored it: epoch milliseconds. */
  readonly storedAt: number;
  readonly topics: readonly string[];
  readonly payload: Uint8Array;
}

interface Bounds {
  readonly events: number;
  readonly ageMs: number;
  readonly bytes: number;
}

/** What an event costs beside its payload: a guess that is good enough for a bound. */
const OVERHEAD = 400;

/** The recent past, by topic: whoever comes back after a break is told from here, and the stream is not asked. */
export class RecentEvents {
  private readonly all = new Lane<ToldEvent>();
  private readonly byTopic = new Map<string, Lane<ToldEvent>>();
  private bytes = 0;
  private begins: { seq: number; at: number };

  constructor(
    private readonly bounds: Bounds,
    private readonly now: () => number = Date.now,
  ) {
    this.begins = { seq: 0, at: now() };
  }

  /** Everything after this place is known. */
  get after(): number {
    return this.begins.seq;
  }

  /** Everything that was stored since then is known: epoch milliseconds. */
  get since(): number {
    return Math.max(this.begins.at, this.now() - this.bounds.ageMs);
  }

  get size(): number {
    return this.all.size;
  }

  /** Forgets everything: what comes next follows upon this place. */
  begin(seq: number, at: number): void {
    while (this.all.size > 0) this.forgetFirst();
    this.begins = { seq, at };
  }

  add(event: ToldEvent): void {
    this.all.push(event);
    this.bytes += event.payload.length + OVERHEAD;
    for (const topic of event.topics) {
      const lane = this.byTopic.get(topic) ?? new Lane<ToldEvent>();
      if (lane.size === 0) this.byTopic.set(topic, lane);
      lane.push(event);
    }
    this.forgetOld();
  }

  /** Looked for among all: asked seldom, and every event would pay for an index. */
  withId(id: string): ToldEvent | undefined {
    return this.all.find((event) => event.id === id);
  }

  /** Of one topic, in order; the numbers say which of the topic's events they are. */
  onTopic(topic: string): Lane<ToldEvent> | undefined {
    return this.byTopic.get(topic);
  }

  /** Whether anything happened on a topic after one place, until another. */
  anyOnTopic(topic: string, { after, until }: { after: number; until: number }): boolean {
    const lane = this.onTopic(topic);
    return lane !== undefined && lane.numberAfter(after) < lane.numberAfter(until);
  }

  /** Also called where the past is asked for: age comes by itself, when nothing happens, too. */
  forgetOld(): void {
    const { events, ageMs, bytes } = this.bounds;
    const oldest = this.now() - ageMs;
    while (this.all.size > events || this.bytes > bytes || (this.all.first !== undefined && this.all.first.storedAt < oldest)) this.forgetFirst();
  }

  private forgetFirst(): void {
    const event = this.all.shift()!;
    this.bytes -= event.payload.length + OVERHEAD;
    for (const topic of event.topics) {
      const lane = this.byTopic.get(topic)!;
      lane.shift();
      if (lane.size === 0) this.byTopic.delete(topic);
    }
    this.begins = { seq: event.seq, at: event.storedAt };
  }
}
