import { createInbox, type NatsConnection } from '@nats-io/transport-node';

/**
 * An inbox under the connection's own prefix: the only one its credentials may read.
 * The connection keeps its options but does not declare them.
 */
export const privateInbox = (nc: NatsConnection): string =>
  createInbox((nc as unknown as { options?: { inboxPrefix?: string } }).options?.inboxPrefix);
