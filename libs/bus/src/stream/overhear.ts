import type { EventOf, EventType } from '@mela/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '../log.ts';
import { publishedIn, unseal } from '../outbox/envelope.ts';
import { eventSubject } from '../subjects.ts';

interface Parts<E extends EventType> {
  readonly nc: NatsConnection;
  readonly events: readonly E[];
  readonly heard: (event: EventOf<E>) => void;
  readonly log: Log;
}

/**
 * Told of events when they are sent, without a consumer: the server keeps nothing for it and has nothing to do while nothing happens. What
 * is sent while the line is down is missed, so this is for what only hastens a look that is taken anyway. Answers how it ends.
 */
export function overhear<E extends EventType>({ nc, events, heard, log }: Parts<E>): () => void {
  const subscriptions = events.map((event) =>
    nc.subscribe(eventSubject(event, '*'), {
      callback: (fault, message) => {
        try {
          if (fault) throw fault;
          heard(unseal(event, publishedIn(message)) as EventOf<E>);
        } catch (unreadable) {
          log.error({ type: event.type, fault: (unreadable as Error).message }, 'An event that is overheard cannot be read');
        }
      },
    }),
  );
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
