import { headers as natsHeaders, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { ServerNats } from '@nestjs/microservices';
import type { Reply, Serve } from './exchange.ts';

/**
 * Nest's NATS transport, with bytes and headers in place of its JSON packets, on the service's own connection.
 * Replicas of a service form one queue group per subject, so each request reaches one of them.
 */
export class OperationServer extends ServerNats {
  private readonly running = new Set<Promise<unknown>>();

  constructor(
    private readonly nc: NatsConnection,
    service: string,
  ) {
    super({
      queue: service,
      serializer: { serialize: ({ response }: { response: Reply }) => ({ data: response.body, headers: toNats(response) }) },
      deserializer: {
        deserialize: (message: unknown) => ({ pattern: (message as Msg).subject, data: message, id: (message as Msg).reply ?? '' }),
      },
    });
  }

  serve(subject: string, serve: Serve): void {
    this.addHandler(subject, async (message: Msg) => {
      const answer = serve(message.data, (name) => (message.headers?.has(name) ? message.headers.get(name) : undefined));
      this.running.add(answer);
      try {
        return await answer;
      } finally {
        this.running.delete(answer);
      }
    });
  }

  /**
   * An answer goes to an inbox. It is sent with the rights of whoever answers, so of one that is to go anywhere else, such as where
   * this service's own events go, not even the question is taken. Nor is one that nobody waits for: what JetStream gives to whoever
   * asks it is sent with its own rights, to any subject that they name.
   */
  override async handleMessage(channel: string, message: Msg): Promise<unknown> {
    return message.reply?.startsWith('_INBOX') ? super.handleMessage(channel, message) : undefined;
  }

  override createNatsClient<T>(): Promise<T> {
    return Promise.resolve(this.nc as T);
  }

  /** Nest would log every break of the connection as an error of each service; whoever opened it watches it. */
  override handleStatusUpdates(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes no new request, finishes those it has, and leaves the connection to whoever opened it. */
  override async close(): Promise<void> {
    const draining = (this as unknown as { subscriptions: { drain(): Promise<void> }[] }).subscriptions;
    await Promise.allSettled(draining.map((subscription) => subscription.drain()));
    await Promise.allSettled(this.running);
    // The last answers leave, unless there is nowhere to send them.
    if (!this.nc.isClosed()) await this.nc.flush().catch(() => undefined);
  }
}

function toNats(reply: Reply) {
  const headers = natsHeaders();
  for (const [name, value] of reply.headers) headers.set(name, value);
  return headers;
}
