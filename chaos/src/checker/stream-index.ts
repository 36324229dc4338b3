import { mela } from '@mela/contracts';
import type { StreamEvent } from '@mela/testkit/chaos';
import { add } from './groups.ts';

/** The stream, looked up. An event may lie in it more than once: its first appearance is the one that counts. */
export interface StreamIndex {
  /** Every copy of an event, in the stream's order. */
  readonly copies: ReadonlyMap<string, readonly StreamEvent[]>;
  /** Of each noun and aggregate (`nameOf`) the first appearances, in the stream's order. */
  readonly told: ReadonlyMap<string, readonly StreamEvent[]>;
  /** Of each topic the first appearances of what it concerns, in the stream's order. */
  readonly onTopic: ReadonlyMap<string, readonly StreamEvent[]>;
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
  const index = { copies, told, onTopic };
  known.set(stream, index);
  return index;
}
