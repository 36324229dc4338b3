import { setTimeout } from 'node:timers/promises';
import { STREAM, StreamPosition, type Position } from '@mela/bus';
import { jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import { nuid, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { StoredEvent } from './announcer.ts';

interface Parts {
  readonly nc: NatsConnection;
  readonly heard: (event: StoredEvent) => void;
  /** The stream was replaced, or its end went back behind what was heard: positions mean nothing any more. */
  readonly lost: () => void;
  readonly log: Logger;
}

const PULLED_AHEAD = 1_000;
// The consumer looks after itself only when a beat is missing: with the library's 15 s it would be deaf for as long.
const PULL_MS = 2_000;
const BEAT_MS = 1_000;
const RETRY_MS = 250;

/** Follows the whole stream from now on, in order, each event once: one consumer for all connections of this gateway. */
export class StreamTail {
  private last: Position | undefined;
  private following: ConsumerMessages | undefined;
  private resuming: Promise<void> | undefined;
  private stopped = false;
  private trouble: string | undefined = 'has not started';

  constructor(private readonly parts: Parts) {}

  /** The last event that was heard. */
  get position(): Position {
    if (!this.last) throw new Error('The tail of the stream is known only once it is followed');
    return this.last;
  }

  /** What keeps it from following, if anything does. */
  get fault(): string | undefined {
    return this.trouble;
  }

  async start(): Promise<void> {
    this.last = await this.streamEnd();
    await this.follow();
    void this.watch();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.trouble = 'was stopped';
    await this.following?.close();
  }

  private streamEnd(): Promise<Position> {
    return new StreamPosition(this.parts.nc).current();
  }

  private async follow(): Promise<void> {
    const consumer = await jetstream(this.parts.nc).consumers.get(STREAM, {
      name_prefix: `realtime_${nuid.next()}`,
      // Never `deliver_policy: new`: made anew before its first event, such a consumer begins with the whole stream.
      opt_start_seq: this.position.seq + 1,
    });
    const messages = await consumer.consume({
      max_messages: PULLED_AHEAD,
      expires: PULL_MS,
      idle_heartbeat: BEAT_MS,
      callback: (message) => this.hear(message),
    });
    this.following = messages;
    this.trouble = undefined;
    void messages.closed().then((fault) => {
      void consumer.delete().catch(() => undefined);
      if (this.following === messages) this.resume(fault instanceof Error ? fault.message : 'ended');
    });
  }

  private hear(message: JsMsg): void {
    const { epoch, seq } = this.position;
    // A consumer that is on its way out may still repeat what its successor has told.
    if (message.seq <= seq) return;
    this.last = { epoch, seq: message.seq };
    this.parts.heard({
      position: this.last,
      payload: message.data,
      header: (name) => message.headers?.get(name) || undefined,
    });
  }

  private async watch(): Promise<void> {
    for await (const { type } of this.parts.nc.status()) {
      if (type === 'disconnect') this.trouble ??= 'is cut off from the bus';
      // The server kept the consumer in memory; asking for a new one at once is faster than missing the old one.
      if (type === 'reconnect') this.resume('was cut off from the bus');
    }
  }

  private resume(why: string): void {
    if (this.stopped) return;
    this.trouble = why;
    this.resuming ??= this.untilFollowing().finally(() => {
      this.resuming = undefined;
    });
  }

  private async untilFollowing(): Promise<void> {
    const old = this.following;
    this.following = undefined;
    await old?.close();
    while (!this.stopped && !this.parts.nc.isClosed()) {
      try {
        await this.checkPosition();
        await this.follow();
        this.parts.log.info({ seq: this.position.seq }, 'following the stream again');
        return;
      } catch (error) {
        this.trouble = (error as Error).message;
        this.parts.log.debug({ reason: String(error) }, 'the stream cannot be followed yet');
        await setTimeout(RETRY_MS);
      }
    }
  }

  private async checkPosition(): Promise<void> {
    const end = await this.streamEnd();
    if (end.epoch === this.position.epoch && end.seq >= this.position.seq) return;
    this.parts.log.warn({ was: this.position, is: end }, 'the stream lost what was delivered already');
    this.last = end;
    this.parts.lost();
  }
}
