import type { Cursors, Position } from '@mela/bus';
import { LRUCache } from 'lru-cache';
import { eventFrame } from '../events/event-frame.ts';
import { Message } from '../protocol/message.ts';
import type { RecentEvents, ToldEvent } from './recent-events.ts';

/** What is told next, and up to which place. */
export interface Piece {
  readonly message: Message;
  readonly seq: number;
}

const EVENTS_PER_PIECE = 64;
const BYTES_PER_PIECE = 65_536;
const KEPT_BYTES = 33_554_432;
/** What a frame costs beside its bytes: a guess that is good enough for a bound. */
const OVERHEAD = 400;

/** Its lines, and what a transport makes of them. */
const sizeOf = ({ message }: Piece): number => 2 * message.bytes + message.frames.length * OVERHEAD;

/**
 * The past of a topic in pieces that everybody shares: thousands who come back at once, each from a place of their own,
 * meet at the same piece after less than one of their own.
 */
export class Replays {
  private readonly pieces: LRUCache<string, Piece>;

  constructor(
    private readonly recent: RecentEvents,
    private readonly cursors: Cursors,
    /** Of the stream that is followed. */
    private readonly epoch: () => string,
    keptBytes = KEPT_BYTES,
  ) {
    this.pieces = new LRUCache({ maxSize: keptBytes, sizeCalculation: sizeOf });
  }

  /** About as many as the pieces take that are kept. */
  get bytes(): number {
    return this.pieces.calculatedSize;
  }

  /** Whether all that happened after the position could be told. */
  reachBack({ epoch, seq }: Position): boolean {
    this.recent.forgetOld();
    return epoch === this.epoch() && this.knowAfter(seq);
  }

  knowAfter(seq: number): boolean {
    return seq >= this.recent.after;
  }

  /** Whether a topic has something between the place that a client knows and the place that it may be told from. */
  leaveOut(topic: string, { after, until }: { after: number; until: number }): boolean {
    return this.recent.anyOnTopic(topic, { after, until });
  }

  /** After a break in the stream its places hold something else. */
  forget(): void {
    this.pieces.clear();
  }

  /** Undefined when nothing happened on the topic after that place. */
  next(topic: string, seq: number): Piece | undefined {
    const lane = this.recent.onTopic(topic);
    if (!lane) return undefined;
    const from = lane.numberAfter(seq);
    const events = fitting(lane.slice(from, from - (from % EVENTS_PER_PIECE) + EVENTS_PER_PIECE));
    const last = events.at(-1);
    if (!last) return undefined;
    const name = `${topic} ${events[0]!.seq} ${last.seq}`;
    const known = this.pieces.get(name);
    if (known) return known;

    const epoch = this.epoch();
    const frames = events.map((event) => {
      const cursor = this.cursors.sign({ epoch, seq: event.seq });
      return { cursor, line: eventFrame(topic, cursor, event, event.payload) };
    });
    const piece = { message: new Message(frames), seq: last.seq };
    this.forgetOld();
    this.pieces.set(name, piece);
    return piece;
  }

  /** What lies behind all that is remembered is asked for no more: the longest unasked for goes first, as far as it does. */
  private forgetOld(): void {
    for (const name of this.pieces.rkeys()) {
      if (this.knowAfter(this.pieces.peek(name)!.seq - 1)) return;
      this.pieces.delete(name);
    }
  }
}

/** At least one, however large. */
function fitting(events: readonly ToldEvent[]): readonly ToldEvent[] {
  let bytes = 0;
  const tooMany = events.findIndex(({ payload }, place) => (bytes += payload.length) > BYTES_PER_PIECE && place > 0);
  return tooMany < 0 ? events : events.slice(0, tooMany);
}
