import type { Right } from '@mela/contracts';
import type { HeardEvent, Violation } from '@mela/testkit/chaos';
import { keyOf, Rights, WaysIn } from '../rights.ts';
import { nameOfRight } from '../turns.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Nobody hears a topic before they have the right to. The stream cannot tell: a grant rests on the committed row, whose event
 * may come later than others. What can be told is when the right had not even been asked for, or never came to be.
 */
export const hearingBeforeJoining: Judge = (evidence, workloads) => {
  const rights = new Rights(evidence, workloads);
  return [...rights.heard()].flatMap(([kind, heard]) => {
    const granted = rights.granted(kind);
    if (typeof granted === 'string') return [{ invariant, what: `Topics "${kind}" were heard, and ${granted}`, about: [] }];
    const holders = new Set([...granted.grant.holders(granted.rows)].map(nameOfRight));
    const ways = new WaysIn(evidence.history, granted);
    const nowhere = heard.filter((one) => !rights.needed(one));
    return [...nowhere.flatMap((one) => complaint(one, undefined, 'the service has no such topic')), ...firstOf(heard, rights).flatMap(([right, one]) => tooEarly(one, right, holders, ways))];
  });
};

/** If not even the first was too early, none was. */
function firstOf(heard: readonly HeardEvent[], rights: Rights): [Right, HeardEvent][] {
  const first = new Map<string, [Right, HeardEvent]>();
  for (const one of heard) {
    const right = rights.needed(one);
    if (right && one.at < (first.get(nameOfRight(right))?.[1].at ?? Number.POSITIVE_INFINITY)) first.set(nameOfRight(right), [right, one]);
  }
  return [...first.values()];
}

function tooEarly(heard: HeardEvent, right: Right, holders: ReadonlySet<string>, ways: WaysIn): Violation[] {
  if (!holders.has(nameOfRight(right))) return complaint(heard, right, 'never had the right to');
  const [asked] = ways.to(right);
  // A right that nobody in the history asked for: nothing can be said of when it began.
  return asked !== undefined && heard.at < asked ? complaint(heard, right, `nobody asked for the right before ${asked} ms`) : [];
}

const complaint = ({ who, personId, id, at, topic }: HeardEvent, right: Right | undefined, otherwise: string): Violation[] => [
  { invariant, what: `${who} heard event ${id} on ${topic} at ${at} ms, and ${otherwise}`, about: [id, personId, keyOf(right?.scope ?? topic)] },
];
