import { createInbox, type NatsConnection } from '@nats-io/transport-node';

/** Everything that is sent to one user alone. Whoever may read `_INBOX.>` could read everybody's replies. */
export const inboxOf = (user: string): string => `_INBOX_${user.replace(/[^A-Za-z0-9]/g, '_')}`;

/** The part of an inbox that those who are asked may write to. */
export const answersOf = (inbox: string): string => `${inbox}.answer`;

/** The connection keeps its options but does not declare them. */
const prefixOf = (nc: NatsConnection): string => (nc as unknown as { options?: { inboxPrefix?: string } }).options?.inboxPrefix ?? '_INBOX';

/** An inbox under the connection's own prefix: the only one its credentials may read. */
export const privateInbox = (nc: NatsConnection): string => createInbox(prefixOf(nc));

export const answerInbox = (nc: NatsConnection): string => createInbox(answersOf(prefixOf(nc)));
