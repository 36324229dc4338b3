import { setTimeout as after } from 'node:timers/promises';
import { createdAt, isFiller, RESTORED, STREAM, StreamReader, type Position, type StoredMessage } from '@mela/bus';
import { jetstream, type Consumer, type ConsumerMessages, type ConsumerNotification, type JsMsg } from '@nats-io/jetstream';
import { nuid, type NatsConnection } from '@nats-io/transport-node';
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

interface Following {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

const PULLED_AHEAD = 1_000;
// A consumer that is gone shows itself by a missing beat: with the library's 15 s the gateway would be deaf for as long.
const PULL_MS = 2_000;
const BEAT_MS = 1_000;
const RETRY_MS = 250;
const SOON_MS = 2_000;
/** A break shows itself by many events in a row. */
const CALM_MS = 2_000;

/** Signs that the consumer is no more. The library would make a new one without looking whether the stream is still the same. */
const GONE: ReadonlySet<ConsumerNotification['type']> = new Set(['consumer_not_found', 'consumer_deleted', 'stream_not_found', 'reset']);

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
  private following: Following | undefined;
  private resuming: Promise<void> | undefined;
  private stopped = false;
  private trouble: string | undefined = 'has not started';

  constructor(private readonly parts: Parts) {
    this.reader = new StreamReader(parts.nc);
  }

  /** The last event that was heard. */
  get position(): Position {
    if (!this.last) throw new Error('The tail of the stream is known only once it is followed');
    return this.last;
  }

  /** What keeps it from following, if anything does. */
  get fault(): string | undefined {
    return this.trouble;
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
    await this.follow();
    void this.watchConnection();
    await this.arrival(lastSeq);
  }

  /** Whether the stream has such a place, which may not have got here yet. */
  async reaches({ epoch, seq }: Position): Promise<boolean> {
    if (seq <= this.position.seq) return epoch === this.position.epoch;
    const end = await this.reader.state().catch(() => undefined);
    if (!end || end.epoch !== epoch || end.lastSeq < seq) return false;
    return this.arrival(seq, SOON_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.trouble = 'was stopped';
    await this.resuming;
    const last = this.following;
    await this.letGo();
    await last?.consumer.delete().catch(() => undefined);
  }

  private async follow(): Promise<void> {
    const consumer = await jetstream(this.parts.nc).consumers.get(STREAM, {
      name_prefix: `realtime_${nuid.next()}`,
      // Never `deliver_policy: new`: made anew before its first event, such a consumer begins with the whole stream.
      opt_start_seq: this.position.seq + 1,
    });
    const callback = (message: JsMsg) => this.hear(message);
    const messages = await consumer.consume({ max_messages: PULLED_AHEAD, expires: PULL_MS, idle_heartbeat: BEAT_MS, callback });
    this.following = { consumer, messages };
    this.trouble = undefined;
    void this.watchConsumer(messages);
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
    const header = (name: string) => message.headers?.get(name) || undefined;
    this.parts.heard({ position, isPast: message.seq <= this.pastUntil, storedAt: storedAt(message), payload: message.data, header });
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

  /** The server may have forgotten the consumer meanwhile, and asking for a new one is quicker than missing the old one. */
  private async watchConnection(): Promise<void> {
    for await (const { type } of this.parts.nc.status()) {
      if (type === 'disconnect') {
        this.trouble = 'is cut off from the bus';
        await this.letGo();
      }
      if (type === 'reconnect') this.resume();
    }
  }

  private async watchConsumer(messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) {
      if (type === 'heartbeats_missed') this.trouble = 'the bus has gone quiet';
      else if (type === 'heartbeat' || type === 'next') this.trouble = undefined;
      else if (GONE.has(type)) break;
    }
    if (this.following?.messages !== messages) return;
    this.trouble = 'its consumer is gone';
    this.resume();
  }

  private async letGo(): Promise<void> {
    const old = this.following;
    this.following = undefined;
    await old?.messages.close();
  }

  private resume(): void {
    if (this.stopped) return;
    this.resuming ??= this.untilFollowing().finally(() => {
      this.resuming = undefined;
    });
  }

  private async untilFollowing(): Promise<void> {
    await this.letGo();
    while (!this.stopped && !this.parts.nc.isClosed()) {
      try {
        await this.checkPosition();
        await this.follow();
        this.parts.log.info({ seq: this.position.seq }, 'following the stream again');
        return;
      } catch (error) {
        this.trouble = (error as Error).message;
        this.parts.log.debug({ reason: String(error) }, 'the stream cannot be followed yet');
        await after(RETRY_MS);
      }
    }
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
