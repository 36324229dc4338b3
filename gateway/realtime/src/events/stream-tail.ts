import { createdAt, Following, isFiller, publishedIn, RESTORED, StreamReader, type Position, type StoredMessage } from '@mela/bus';
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { StoredEvent } from './announcer.ts';

interface Parts {
  readonly nc: NatsConnection;
  readonly heard: (event: StoredEvent) => void;
  /** An event that recovery put back: it is old, and told to nobody. */
  readonly restored: (id: string | undefined) => void;
  /** What is heard from now on comes after this place, which is from that time: at the start, and after a break in the stream. */
  readonly begins: (after: { seq: number; at: number }) => void;
  /** The stream was replaced, or its end went back behind what was heard: positions mean nothing any more. */
  readonly lost: () => void;
  readonly log: Logger;
}

const SOON_MS = 2_000;
/** A break shows itself by many events in a row. */
const CALM_MS = 2_000;

/** Follows the whole stream, in order, each event once: one consumer for all connections of this gateway. */
export class StreamTail {
  private readonly reader: StreamReader;
  private readonly arrivals = new Map<() => void, number>();
  private last: Position | undefined;
  /** What lies at the last place, a filler too: a stream that lost its end and grew again may hold another there. */
  private lastHeard: StoredMessage | undefined;
  /** The end of the stream when it was first seen: until there it is read back, and nobody listens. */
  private pastUntil = 0;
  private brokenAt = Number.NEGATIVE_INFINITY;
  private readonly following: Following;

  constructor(private readonly parts: Parts) {
    const { nc, log } = parts;
    this.reader = new StreamReader(nc);
    this.following = new Following({
      nc, log,
      name: 'realtime',
      // Never `deliver_policy: new`: made anew before its first event, such a consumer begins with the whole stream.
      from: () => ({ opt_start_seq: this.position.seq + 1 }),
      heard: (message) => this.hear(message),
      check: () => this.checkPosition(),
    });
  }

  /** The last event that was heard. */
  get position(): Position {
    if (!this.last) throw new Error('The tail of the stream is known only once it is followed');
    return this.last;
  }

  /** What keeps it from following, if anything does. */
  get fault(): string | undefined {
    return this.following.fault;
  }

  /** Told from so many events before its end; answers when it has got there. */
  async start(lookBack: number): Promise<void> {
    const { epoch, firstSeq, lastSeq } = await this.reader.state();
    this.last = { epoch, seq: Math.max(firstSeq - 1, lastSeq - lookBack, 0) };
    this.pastUntil = lastSeq;
    const { seq } = this.last;
    const fromTheBeginning = seq < Math.max(1, firstSeq);
    this.lastHeard = fromTheBeginning ? undefined : await this.reader.storedMessageAt(seq);
    const at = fromTheBeginning ? createdAt(epoch) : this.lastHeard?.storedAt;
    this.parts.begins({ seq, at: at ?? Date.now() });
    await this.following.start();
    await this.arrival(lastSeq);
  }

  /** Whether the stream has such a place, which may not have got here yet. */
  async reaches({ epoch, seq }: Position): Promise<boolean> {
    if (seq <= this.position.seq) return epoch === this.position.epoch;
    const end = await this.reader.state().catch(() => undefined);
    if (!end || end.epoch !== epoch || end.lastSeq < seq) return false;
    return this.arrival(seq, SOON_MS);
  }

  stop(): Promise<void> {
    return this.following.stop();
  }

  private hear(message: JsMsg): void {
    const { epoch, seq } = this.position;
    // A consumer that is on its way out may still repeat what its successor has told.
    if (message.seq <= seq) return;
    this.last = { epoch, seq: message.seq };
    this.lastHeard = { id: message.headers?.get('ce-id').toLowerCase() || undefined, storedAt: storedAt(message) };
    if (isFiller(message.subject) || message.headers?.has(RESTORED)) this.hearBreak(message);
    else this.hearEvent(message, this.last);
    for (const [arrived, awaited] of this.arrivals) if (message.seq >= awaited) arrived();
  }

  private hearEvent(message: JsMsg, position: Position): void {
    this.parts.heard({ ...publishedIn(message), position, isPast: message.seq <= this.pastUntil, storedAt: storedAt(message) });
  }

  /**
   * Somewhere before this the stream lost its end, and services make it whole: what they put back is no news, and nobody
   * comes safely from the one side to the other. Who reads the state anew has it all, since it was stored long ago.
   */
  private hearBreak(message: JsMsg): void {
    this.parts.begins({ seq: message.seq, at: storedAt(message) });
    if (!isFiller(message.subject)) this.parts.restored(message.headers?.get('ce-id') || undefined);
    if (message.seq <= this.pastUntil) return;
    if (performance.now() - this.brokenAt > CALM_MS) this.parts.lost();
    this.brokenAt = performance.now();
  }

  private arrival(seq: number, patienceMs?: number): Promise<boolean> {
    if (this.position.seq >= seq) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (there: boolean) => {
        clearTimeout(timer);
        this.arrivals.delete(arrived);
        resolve(there);
      };
      const arrived = () => end(true);
      const timer = patienceMs === undefined ? undefined : setTimeout(() => end(false), patienceMs);
      this.arrivals.set(arrived, seq);
    });
  }

  private async checkPosition(): Promise<void> {
    const state = await this.reader.state();
    const { position } = this;
    if (state.epoch === position.epoch && state.lastSeq >= position.seq && (await this.isStillThere(state.firstSeq))) return;
    this.last = { epoch: state.epoch, seq: state.lastSeq };
    this.lastHeard = undefined;
    this.pastUntil = 0;
    this.parts.log.warn({ was: position, is: this.last }, 'the stream lost what was delivered already');
    this.parts.begins({ seq: state.lastSeq, at: Date.now() });
    this.parts.lost();
  }

  /** What became too old is not there either, and was never another. */
  private async isStillThere(firstSeq: number): Promise<boolean> {
    const { position: { seq }, lastHeard } = this;
    if (!lastHeard || seq < firstSeq) return true;
    const there = await this.reader.storedMessageAt(seq);
    return there?.id === lastHeard.id && there?.storedAt === lastHeard.storedAt;
  }
}

/** In whole milliseconds, as a place of the stream is asked for its time. */
const storedAt = (message: JsMsg): number => Number(message.timestampNanos / 1_000_000n);
