import type { EventType, Operation } from '@mela/contracts';
import type { Subjects } from './subjects-of.ts';

/** What a process wants of the bus, in the bus's own words. What it may do there follows, and nothing else. */
export interface BusNeeds {
  /** The user, and the owner of the inbox. */
  readonly name: string;
  /** Operations that it asks of others, and of itself. */
  readonly asks?: readonly Operation[];
  /** It answers whatever is asked of its name. */
  readonly answers?: boolean;
  /** The nouns whose events it alone may say; even without any it has an outbox, and so a relay. */
  readonly says?: readonly string[];
  readonly hears?: readonly { readonly as: string; readonly events: readonly EventType[] }[];
  /** It follows the stream as it is, or some types of events, with consumers that last for as long as somebody reads. */
  readonly follows?: 'everything' | readonly EventType[];
  /** It is told of these when they are sent, and misses what is sent while it is away. */
  readonly overhears?: readonly EventType[];
  /** Buckets of keys and values that are its own. */
  readonly keeps?: readonly string[];
  readonly also?: Partial<Subjects>;
}
