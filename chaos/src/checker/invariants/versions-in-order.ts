import type { StreamEvent, Violation } from '@mela/testkit/chaos';
import { indexOf } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'I3';

/** Versions of each aggregate begin at 1, leave out none, and appear for the first time in ascending order. */
export const versionsInOrder: Judge = ({ stream }) => [...indexOf(stream).told.values()].flatMap((events) => [...gaps(events), ...disorder(events)]);

function gaps(events: readonly StreamEvent[]): Violation[] {
  const { noun, aggregate } = events[0]!;
  const versions = new Set(events.map(({ version }) => version));
  const last = Math.max(...versions);
  if (versions.size === last && versions.has(1)) return [];
  const missing = Array.from({ length: last }, (_, place) => place + 1).filter((version) => !versions.has(version));
  if (missing.length === 0) return [];
  return [{ invariant, what: `The stream has ${noun} ${aggregate} up to version ${last}, and lacks ${missing.join(', ')}`, about: [aggregate] }];
}

function disorder(events: readonly StreamEvent[]): Violation[] {
  const violations: Violation[] = [];
  const seen = new Set<number>();
  let highest: StreamEvent | undefined;
  for (const event of events) {
    if (seen.has(event.version)) continue;
    seen.add(event.version);
    if (highest && event.version < highest.version)
      violations.push({
        invariant,
        what: `Version ${event.version} of ${event.noun} ${event.aggregate} first appears at ${event.seq}, after version ${highest.version} at ${highest.seq}`,
        about: [event.aggregate, event.id],
      });
    else highest = event;
  }
  return violations;
}
