import { DeliverPolicy, jetstream, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { EventOf, EventType } from '@mela/contracts';
import { nuid, type NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { unseal } from '../outbox/envelope.ts';
import { eventSubject, STREAM } from '../subjects.ts';

interface Parts<E extends EventType> {
  readonly nc: NatsConnection;
  /** Whose consumer it is: what it is called begins so. */
  readonly name: string;
  readonly event: E;
  /** How far back it begins. */
  readonly sinceMs: number;
  readonly heard: (event: EventOf<E>) => void;
  readonly log: Log;
}

// A consumer that is gone shows itself by a missing beat: with the library's 15 s nothing would be heard for as long.
const PULL_MS = 2_000;
const BEAT_MS = 1_000;

/**
 * Hears one type of event for as long as the process lives, from a while ago on: for what is kept in memory and in every
 * process, and may be heard twice. The client makes its consumer anew when it is lost, and goes on where it was.
 */
export class Follower<E extends EventType> {
  private messages: ConsumerMessages | undefined;

  constructor(private readonly parts: Parts<E>) {}

  /** Answers when everything was heard that was stored by then. */
  async start(): Promise<void> {
    const { nc, name, event, sinceMs } = this.parts;
    const consumer = await jetstream(nc, { checkAPI: false }).consumers.get(STREAM, {
      name_prefix: `${name}_${nuid.next()}`,
      filter_subjects: eventSubject(event, '*'),
      deliver_policy: DeliverPolicy.StartTime,
      opt_start_time: new Date(Date.now() - sinceMs).toISOString(),
    });
    let { num_pending: left } = await consumer.info();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.messages = await consumer.consume({
      expires: PULL_MS,
      idle_heartbeat: BEAT_MS,
      callback: (message) => {
        this.hear(message);
        if (--left === 0) resolve();
      },
    });
    if (left === 0) return;
    // Should the stream have lost some of it meanwhile, silence says that there is no more.
    void this.untilQuiet(this.messages, resolve);
    await promise;
  }

  async stop(): Promise<void> {
    await this.messages?.close();
  }

  private async untilQuiet(messages: ConsumerMessages, then: () => void): Promise<void> {
    for await (const { type } of messages.status()) if (type === 'heartbeat') return then();
    then();
  }

  private hear(message: JsMsg): void {
    const { event, heard, log } = this.parts;
    try {
      heard(unseal(event, (name) => message.headers?.get(name) || undefined, message.data) as EventOf<E>);
    } catch (fault) {
      log.error({ seq: message.seq, fault: (fault as Error).message }, 'An event that is followed cannot be read');
    }
  }
}
