import type { Cursors } from '@mela/bus';
import type { ToldEvent } from '../history/recent-events.ts';
import type { Frame } from '../protocol/message.ts';
import { eventFrame } from './event-frame.ts';

const KEPT_EVENTS = 512;
const KEPT_BYTES = 16_777_216;

/** The frames of the latest events: built by whoever needs one first, and shared by all who hear the topic then. */
export class ToldFrames {
  private readonly framesOf = new Map<ToldEvent, Map<string, Frame>>();
  private bytes = 0;

  constructor(
    private readonly cursors: Cursors,
    /** Of the stream that is followed. */
    private readonly epoch: () => string,
    private readonly keptBytes = KEPT_BYTES,
  ) {}

  of(event: ToldEvent, topic: string): Frame {
    const frames = this.framesOf.get(event) ?? this.remember(event);
    const known = frames.get(topic);
    if (known) return known;
    // An event has one cursor, whatever its topics.
    const cursor = frames.values().next().value?.cursor ?? this.cursors.sign({ epoch: this.epoch(), seq: event.seq });
    const frame = { cursor, line: eventFrame(topic, cursor, event, event.payload) };
    frames.set(topic, frame);
    this.bytes += frame.line.length;
    while (this.framesOf.size > KEPT_EVENTS || this.bytes > this.keptBytes) this.forgetFirst();
    return frame;
  }

  private remember(event: ToldEvent): Map<string, Frame> {
    const frames = new Map<string, Frame>();
    this.framesOf.set(event, frames);
    return frames;
  }

  /** The oldest, all its topics at once: counted here, since a cache that counts would be asked at every frame. */
  private forgetFirst(): void {
    const [event, frames] = this.framesOf.entries().next().value!;
    for (const { line } of frames.values()) this.bytes -= line.length;
    this.framesOf.delete(event);
  }
}
