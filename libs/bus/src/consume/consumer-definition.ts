import type { EventOf, EventType } from '@mela/contracts';
import type { Sql } from '../sql.ts';

/** What a consumer does with an event, in the transaction that also remembers it. Wrappers do the rest. */
export type Handle<Tx extends Sql> = (event: EventOf, tx: Tx) => Promise<unknown> | unknown;

export interface ConsumerDefinition<Tx extends Sql> {
  as: string;
  events: readonly EventType[];
  poison: 'aside' | 'stop';
  handle: Handle<Tx>;
}
