import type { EventOf, EventType } from '@mela/contracts';
import type { Sql } from '../sql.ts';

/** What a consumer does with an event, in the transaction that also remembers it. Wrappers do the rest. */
export type Handle<Tx extends Sql> = (event: EventOf, tx: Tx) => Promise<unknown> | unknown;

/** Where a replica comes from when the events that would build it are gone. */
export interface Bootstrap<Tx extends Sql, Item = unknown> {
  /** The service that owns what is replicated. */
  readonly from: string;
  /** The owner's state from there on, in an order that does not change. Throws while it cannot be had. */
  page(after: string | undefined): Promise<SnapshotPage<Item>>;
  /** Takes what is newer than what is known: events are applied meanwhile, and versions decide between both. */
  apply(items: readonly Item[], tx: Tx): Promise<unknown>;
}

export interface SnapshotPage<Item = unknown> {
  readonly items: readonly Item[];
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

export interface ConsumerDefinition<Tx extends Sql> {
  as: string;
  events: readonly EventType[];
  poison: 'aside' | 'stop';
  handle: Handle<Tx>;
  /**
   * The same for many at once, in fewer statements: a statement for each event is what a backlog waits for. Events of one
   * aggregate follow each other in their order. For what only keeps rows: it works in the trace and name of nobody, and
   * what fails is tried again one by one, with `handle`.
   */
  handleAll?: (events: readonly EventOf[], tx: Tx) => Promise<unknown>;
  /** Given, what the consumer keeps is a replica: it is built from its owner where following the stream is not enough. */
  bootstrap?: Bootstrap<Tx>;
}
