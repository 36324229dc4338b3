import { setTimeout } from 'node:timers/promises';
import { isFiller, STREAM, StreamPosition, type Position } from '@mela/bus';
import { jetstream, type Consumer, type ConsumerMessages, type ConsumerNotification, type JsMsg } from '@nats-io/jetstream';
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

interface Following {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

const PULLED_AHEAD = 1_000;
// A consumer that is gone shows itself by a missing beat: with the library's 15 s the gateway would be deaf for as long.
const PULL_MS = 2_000;
const BEAT_MS = 1_000;
const RETRY_MS = 250;

/** Signs that the consumer is no more. The library would make a new one without looking whether the stream is still the same. */
const GONE: ReadonlySet<ConsumerNotification['type']> = new Set(['consumer_not_found', 'consumer_deleted', 'stream_not_found', 'reset']);

/** Follows the whole stream from now on, in order, each event once: one consumer for all connections of this gateway. */
export class StreamTail {
  private last: Position | undefined;
  private following: Following | undefined;
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
    void this.watchConnection();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.trouble = 'was stopped';
    await this.resuming;
    const last = this.following;
    await this.letGo();
    await last?.consumer.delete().catch(() => undefined);
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
    if (isFiller(message.subject)) return;
    this.parts.heard({
      position: this.last,
      payload: message.data,
      header: (name) => message.headers?.get(name) || undefined,
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
