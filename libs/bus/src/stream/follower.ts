import { DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import type { EventOf, EventType } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { publishedIn, unseal } from '../outbox/envelope.ts';
import { eventSubject } from '../subjects.ts';
import { Following } from './following.ts';

interface Parts<E extends EventType> {
  readonly nc: NatsConnection;
  readonly name: string;
  readonly event: E;
  /** How far back it begins. */
  readonly sinceMs: number;
  readonly heard: (event: EventOf<E>) => void;
  readonly log: Log;
}

/** A place may be lost with the end of the stream: what was stored a while before is heard again. */
const AGAIN_MS = 60_000;

/**
 * Hears one type of event for as long as the process lives, from a while ago on: for what is kept in memory and in every
 * process. After a break it hears some of it again, so that nothing is missed.
 */
export class Follower<E extends EventType> {
  private readonly following: Following;
  private readonly caughtUp = Promise.withResolvers<void>();
  private readonly began = Date.now();
  private lastStoredAt: number | undefined;

  constructor(private readonly parts: Parts<E>) {
    const { nc, name, event, log } = parts;
    this.following = new Following({
      nc, name, log,
      from: () => ({ filter_subjects: eventSubject(event, '*'), deliver_policy: DeliverPolicy.StartTime, opt_start_time: this.beginning }),
      heard: (message) => this.hear(message),
      quiet: () => this.caughtUp.resolve(),
    });
  }

  /** What keeps it from hearing more, if anything does. */
  get fault(): string | undefined {
    return this.following.fault;
  }

  /** Answers when everything was heard that was stored by then: when nothing more is on its way, at the latest. */
  async start(): Promise<void> {
    await this.following.start();
    await this.caughtUp.promise;
  }

  stop(): Promise<void> {
    return this.following.stop();
  }

  private get beginning(): string {
    const since = this.lastStoredAt === undefined ? this.began - this.parts.sinceMs : this.lastStoredAt - AGAIN_MS;
    return new Date(since).toISOString();
  }

  private hear(message: JsMsg): void {
    const { event, heard, log } = this.parts;
    this.lastStoredAt = Number(message.timestampNanos / 1_000_000n);
    try {
      heard(unseal(event, publishedIn(message)) as EventOf<E>);
    } catch (fault) {
      log.error({ seq: message.seq, fault: (fault as Error).message }, 'An event that is followed cannot be read');
    }
    if (message.info.pending === 0) this.caughtUp.resolve();
  }
}
