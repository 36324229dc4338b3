import type { RecentEvents, ToldEvent } from '../history/recent-events.ts';

/** An event on one of its topics. */
export interface Telling {
  readonly event: ToldEvent;
  readonly topic: string;
}

const EVENTS_PER_TOPIC = 64;
const BYTES_AT_ONCE = 65_536;

/**
 * What happened on several topics after a place, in the order of the stream, some of it at a time; of each topic what
 * happened after a place of its own. All topics of one event stand together and are never told apart.
 */
export function merged(recent: Pick<RecentEvents, 'onTopic'>, topics: ReadonlyMap<string, number>, after: number): readonly Telling[] {
  let horizon = Number.POSITIVE_INFINITY;
  const found: Telling[] = [];
  for (const [topic, from] of topics) {
    const lane = recent.onTopic(topic);
    if (!lane) continue;
    const first = lane.numberAfter(Math.max(after, from));
    const events = lane.slice(first, first + EVENTS_PER_TOPIC);
    // Beyond the last that was looked at there may be more on this topic: nothing later is told before that.
    if (events.length === EVENTS_PER_TOPIC) horizon = Math.min(horizon, events.at(-1)!.seq);
    for (const event of events) found.push({ event, topic });
  }
  const inOrder = found.filter(({ event }) => event.seq <= horizon).sort((a, b) => a.event.seq - b.event.seq);
  return inOrder.slice(0, fitting(inOrder));
}

/** How many fit, at least one event whole. */
function fitting(tellings: readonly Telling[]): number {
  let bytes = 0;
  const tooMany = tellings.findIndex(({ event }, place) => {
    bytes += event.payload.length;
    return bytes > BYTES_AT_ONCE && place > 0 && tellings[place - 1]!.event !== event;
  });
  return tooMany < 0 ? tellings.length : tooMany;
}
