import { mela, type Right } from '@mela/contracts';
import type { StreamEvent } from '@mela/testkit/chaos';

/** One person's right to one scope, which comes and goes. */
export interface Turns {
  /** How often it began. */
  begun: number;
  /** Where in the stream it ended, in its order. */
  readonly ended: number[];
}

export const nameOfRight = ({ personId, scope }: Right): string => `${scope} ${personId}`;

/** As the contracts say of the events. What is given to whoever has it already begins nothing, and nothing ends that is over. */
export function turnsIn(events: readonly StreamEvent[]): Map<string, Turns> {
  const rights = new Map<string, Turns>();
  const turnsOf = (right: Right): Turns => {
    const name = nameOfRight(right);
    if (!rights.has(name)) rights.set(name, { begun: 0, ended: [] });
    return rights.get(name)!;
  };
  for (const { type, data, seq } of events) {
    const declared = mela.events.get(type);
    for (const turns of declared?.grants(data).map(turnsOf) ?? []) if (turns.begun === turns.ended.length) turns.begun += 1;
    for (const turns of declared?.revokes(data).map(turnsOf) ?? []) {
      // One that the stream has forgotten began, or it could not end.
      if (turns.begun === 0) turns.begun = 1;
      if (turns.ended.length < turns.begun) turns.ended.push(seq);
    }
  }
  return rights;
}
