import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { watchConnectivity } from '../stream/connectivity.ts';
import { privateInbox } from '../stream/private-inbox.ts';
import { STREAM } from '../subjects.ts';

interface Outgoing {
  /** The stream knows it again by this. A filler has none. */
  readonly eventId?: string;
  readonly subject: string;
  readonly headers: Record<string, string>;
  readonly payload: Uint8Array;
}

export interface Stored {
  seq: number;
  duplicate: boolean;
}

/** No answer came: whether it was stored, and whether there is a stream at all, is not known. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export type Settle = (stored: Stored | undefined, fault?: Error) => void;

interface Waiting {
  since: number;
  settle: Settle;
}

/**
 * Publishes without waiting and hears every acknowledgement on one shared reply inbox: three times as fast as a request each.
 * Whatever is not acknowledged counts as not sent; sent again under the same id, the stream knows it.
 */
export class AckedPublisher {
  private readonly inbox: string;
  private readonly replies: Subscription;
  private readonly unwatch: () => void;
  private readonly sweep: NodeJS.Timeout;
  // In the order of publishing: the first entry is the oldest.
  private readonly waiting = new Map<string, Waiting>();
  private serial = 0;
  connected = true;

  constructor(
    private readonly nc: NatsConnection,
    private readonly options: { ackWaitMs: number; changed?: (connected: boolean) => void } = { ackWaitMs: 5_000 },
  ) {
    this.inbox = privateInbox(nc);
    this.replies = nc.subscribe(`${this.inbox}.*`, { callback: (_fault, reply) => this.hear(reply) });
    this.connected = nc.info !== undefined && !nc.isClosed();
    this.unwatch = watchConnectivity(nc, (connected) => {
      this.connected = connected;
      // An acknowledgement cannot come through a connection that is gone.
      if (!connected) this.forget(new Error('The connection to NATS broke'));
      options.changed?.(connected);
    });
    this.sweep = setInterval(() => this.expire(), Math.min(250, options.ackWaitMs / 4)).unref();
  }

  get inFlight(): number {
    return this.waiting.size;
  }

  publish(event: Outgoing, settle: Settle): void {
    const token = (this.serial++).toString(36);
    this.waiting.set(token, { since: performance.now(), settle });
    try {
      this.nc.publish(event.subject, event.payload, {
        reply: `${this.inbox}.${token}`,
        headers: wireHeaders(event),
      });
    } catch (fault) {
      this.waiting.delete(token);
      settle(undefined, fault as Error);
    }
  }

  /** Whatever is on its way counts as not sent. */
  forget(fault: Error): void {
    const failed = [...this.waiting.values()];
    this.waiting.clear();
    for (const { settle } of failed) settle(undefined, fault);
  }

  close(): void {
    clearInterval(this.sweep);
    this.unwatch();
    this.replies.unsubscribe();
    this.forget(new Error('The publisher was closed'));
  }

  private hear(reply: Msg): void {
    const token = reply.subject.slice(this.inbox.length + 1);
    const waiting = this.waiting.get(token);
    if (!waiting) return;
    this.waiting.delete(token);
    const answer = answerOf(reply);
    if (answer instanceof Error) waiting.settle(undefined, answer);
    else waiting.settle(answer);
  }

  private expire(): void {
    const limit = performance.now() - this.options.ackWaitMs;
    for (const [token, { since, settle }] of this.waiting) {
      if (since > limit) return;
      this.waiting.delete(token);
      settle(undefined, new Unanswered(`No acknowledgement within ${this.options.ackWaitMs} ms`));
    }
  }
}

/**
 * The client asks headers for their encoding and for nothing else when it publishes, so they are written once instead of
 * being collected in a map first. `seal` lets nothing but printable ASCII into them.
 */
function wireHeaders({ eventId, headers }: Outgoing): MsgHdrs {
  let text = `NATS/1.0\r\nNats-Expected-Stream: ${STREAM}\r\n`;
  if (eventId !== undefined) text += `Nats-Msg-Id: ${eventId}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  const block = Buffer.from(`${text}\r\n`, 'latin1');
  return { encode: () => block } as unknown as MsgHdrs;
}

function answerOf(reply: Msg): Stored | Error {
  if (reply.data.length === 0) return new Unanswered(`No stream takes the event (${reply.headers?.code ?? 'empty answer'})`);
  const ack = reply.json<{ stream?: string; seq?: number; duplicate?: boolean; error?: { description: string } }>();
  if (ack.error) return new Error(ack.error.description);
  // Zero would be a stream that did not store it.
  if (ack.stream !== STREAM || !ack.seq) return new Error(`An acknowledgement of ${ack.stream ?? 'nobody'}, not of ${STREAM}`);
  return { seq: ack.seq, duplicate: ack.duplicate ?? false };
}
