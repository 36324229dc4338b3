import { beginSpan, fact } from '@mela/bus';
import type { EventOf } from '@mela/contracts';

/** An event on its way to the screens, as a step of the trace that caused it; the answered function says whom it reached. */
export function tellTrace({ id, type, traceparent }: EventOf): (topics: Iterable<string>, listeners: number) => void {
  const span = beginSpan('frames', type, traceparent, { [fact.service]: 'realtime', [fact.event]: id });
  return (topics, listeners) => span?.note({ [fact.topics]: [...topics], [fact.listeners]: listeners }).end();
}
