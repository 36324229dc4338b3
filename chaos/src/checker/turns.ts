import { mela, type Right } from '@mela/contracts';
import type { StreamEvent } from '@mela/testkit/chaos';

/** One person's right to one scope, which comes and goes. */
export interface Turns {
  /** Where in the stream it began, in its order; at 0 where the stream has forgotten it. */
  readonly began: number[];
  /** Where in the stream it ended, in its order. */
  readonly ended: number[];
}

export const nameOfRight = ({ personId, scope }: Right): string => `${scope} ${personId}`;

/** As the contracts say of the events. What is given to whoever has it already begins nothing, and nothing ends that is over. */
export function turnsIn(events: readonly StreamEvent[]): Map<string, Turns> {
  const rights = new Map<string, Turns>();
  const turnsOf = (right: Right): Turns => {
    const name = nameOfRight(right);
    if (!rights.has(name)) rights.set(name, { began: [], ended: [] });
    return rights.get(name)!;
  };
  for (const { type, data, seq } of events) {
    const declared = mela.events.get(type);
    for (const turns of declared?.grants(data).map(turnsOf) ?? []) if (turns.began.length === turns.ended.length) turns.began.push(seq);
    for (const turns of declared?.revokes(data).map(turnsOf) ?? []) {
      // One that the stream has forgotten began, or it could not end.
      if (turns.began.length === 0) turns.began.push(0);
      if (turns.ended.length < turns.began.length) turns.ended.push(seq);
    }
  }
  return rights;
}
