import { setTimeout as after } from 'node:timers/promises';
import { jetstream, type Consumer, type ConsumerMessages, type ConsumerNotification, type JsMsg, type OrderedConsumerOptions } from '@nats-io/jetstream';
import { nuid, type NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { STREAM } from '../subjects.ts';

interface Parts {
  readonly nc: NatsConnection;
  /** Whose consumer it is: what it is called begins so. */
  readonly name: string;
  /** Where to go on, asked whenever a consumer is made. */
  readonly from: () => Partial<OrderedConsumerOptions>;
  readonly heard: (message: JsMsg) => void;
  /** There is nothing more to come from before. */
  readonly quiet?: () => void;
  /** Before it goes on: the stream may be another one by now. */
  readonly check?: () => Promise<void>;
  readonly log: Log;
}

interface Current {
  readonly consumer: Consumer;
  readonly messages: ConsumerMessages;
}

const PULLED_AHEAD = 1_000;
// A consumer that is gone shows itself by a missing beat: with the library's 15 s nothing would be heard for as long.
const PULL_MS = 2_000;
const BEAT_MS = 1_000;
const RETRY_MS = 250;

/** Signs that the consumer is no more. The library would make a new one without looking whether the stream is still the same. */
const GONE: ReadonlySet<ConsumerNotification['type']> = new Set(['consumer_not_found', 'consumer_deleted', 'stream_not_found', 'reset']);

/** Reads the stream in order with a consumer of its own, which lasts for as long as somebody reads, and makes another when it is lost. */
export class Following {
  private current: Current | undefined;
  private resuming: Promise<void> | undefined;
  private stopped = false;
  private trouble: string | undefined = 'has not started';

  constructor(private readonly parts: Parts) {}

  /** What keeps it from following, if anything does. */
  get fault(): string | undefined {
    return this.trouble;
  }

  async start(): Promise<void> {
    await this.follow();
    void this.watchConnection();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.trouble = 'was stopped';
    await this.resuming;
    const last = this.current;
    await this.letGo();
    await last?.consumer.delete().catch(() => undefined);
  }

  private async follow(): Promise<void> {
    const { nc, name, from, heard, quiet } = this.parts;
    const consumer = await jetstream(nc, { checkAPI: false }).consumers.get(STREAM, { name_prefix: `${name}_${nuid.next()}`, ...from() });
    const isBehind = quiet === undefined || (await consumer.info()).num_pending > 0;
    const messages = await consumer.consume({ max_messages: PULLED_AHEAD, expires: PULL_MS, idle_heartbeat: BEAT_MS, callback: heard });
    this.current = { consumer, messages };
    this.trouble = undefined;
    if (!isBehind) quiet();
    void this.watchConsumer(messages);
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
      if (type === 'heartbeat') this.parts.quiet?.();
      if (type === 'heartbeats_missed') this.trouble = 'the bus has gone quiet';
      else if (type === 'heartbeat' || type === 'next') this.trouble = undefined;
      else if (GONE.has(type)) break;
    }
    if (this.current?.messages !== messages) return;
    this.trouble = 'its consumer is gone';
    this.resume();
  }

  private async letGo(): Promise<void> {
    const old = this.current;
    this.current = undefined;
    await old?.messages.close();
  }

  private resume(): void {
    if (this.stopped) return;
    this.resuming ??= this.untilFollowing().finally(() => {
      this.resuming = undefined;
    });
  }

  private async untilFollowing(): Promise<void> {
    const { nc, check, log } = this.parts;
    await this.letGo();
    while (!this.stopped && !nc.isClosed()) {
      try {
        await check?.();
        await this.follow();
        log.info({}, 'following the stream again');
        return;
      } catch (error) {
        this.trouble = (error as Error).message;
        log.debug({ reason: String(error) }, 'the stream cannot be followed yet');
        await after(RETRY_MS);
      }
    }
  }
}
