import { mela } from '@mela/contracts';
import type { HeardEvent, StreamEvent } from '@mela/testkit/chaos';
import { add } from './groups.ts';
import { turnsIn, type Turns } from './turns.ts';

/** The stream, looked up. An event may lie in it more than once: its first appearance is the one that counts. */
export interface StreamIndex {
  /** Every copy of an event, in the stream's order. */
  readonly copies: ReadonlyMap<string, readonly StreamEvent[]>;
  /** Of each noun and aggregate (`nameOf`) the first appearances, in the stream's order. */
  readonly told: ReadonlyMap<string, readonly StreamEvent[]>;
  /** Of each topic the first appearances of what it concerns, in the stream's order. */
  readonly onTopic: ReadonlyMap<string, readonly StreamEvent[]>;
  /** How each right (`nameOfRight`) began and ended. */
  readonly rights: ReadonlyMap<string, Turns>;
}

const known = new WeakMap<readonly StreamEvent[], StreamIndex>();

/** An id is an aggregate's own only together with its noun. */
export const nameOf = (noun: string, aggregate: string): string => `${noun} ${aggregate}`;

/** Made once of one stream: whoever looks for the shortest story asks thousands of times. */
export function indexOf(stream: readonly StreamEvent[]): StreamIndex {
  const found = known.get(stream);
  if (found) return found;
  const copies = new Map<string, StreamEvent[]>();
  const told = new Map<string, StreamEvent[]>();
  const onTopic = new Map<string, StreamEvent[]>();
  for (const event of stream) {
    const earlier = copies.get(event.id);
    if (earlier) earlier.push(event);
    else {
      copies.set(event.id, [event]);
      add(told, nameOf(event.noun, event.aggregate), event);
      for (const topic of new Set(mela.events.get(event.type)?.audience(event.data))) add(onTopic, topic, event);
    }
  }
  const rights = turnsIn([...copies.values()].map(([first]) => first!));
  const index = { copies, told, onTopic, rights };
  known.set(stream, index);
  return index;
}

/** Clients take a cursor as it comes; it is the stream's epoch, the place and a seal. */
export const placeOf = (cursor: string): number => Number(cursor.split(':')[1]);

/**
 * The copy that a screen heard. A cursor that names no place of its event is of a stream whose end was lost since: it says nothing of
 * this one's order.
 */
export function copyHeard({ id, cursor }: HeardEvent, { copies }: StreamIndex): StreamEvent | undefined {
  const place = placeOf(cursor);
  return copies.get(id)?.find(({ seq }) => seq === place);
}
