import { commandsOf, type Asked, type Evidence, type Struck } from '@mela/testkit/chaos';
import { screenCountsOf, type ScreenCounts } from './screens/screen-counts.ts';
import { indexOf } from './stream-index.ts';

/** How much a run proved. */
export interface Counts {
  readonly people: number;
  /** Attempts, by how they ended. */
  readonly asks: Readonly<Record<Ending, number>>;
  /** Commands of which a client knows that they have taken effect. */
  readonly acknowledged: number;
  /** Different events in the stream. */
  readonly events: number;
  /** What lies in the stream again. */
  readonly repeats: number;
  readonly heard: number;
  /** That came, each copy counted. */
  readonly mails: number;
  readonly screens: ScreenCounts;
  /** The highest version of any aggregate. */
  readonly highestVersion: number;
  /** Those that did what they were to. */
  readonly faults: Readonly<Record<string, number>>;
  /** Those that did not. */
  readonly misses: Readonly<Record<string, number>>;
  readonly recoveries: number;
  readonly longestRecovery: { readonly ms: number; readonly fault: string } | undefined;
  readonly slowest: { readonly ms: number; readonly operation: string; readonly who: string } | undefined;
}

export type Ending = 'answered' | 'refused' | 'unavailable' | 'failed' | 'broken';

export function countsOf({ history, stream }: Evidence): Counts {
  const asks: Record<Ending, number> = { answered: 0, refused: 0, unavailable: 0, failed: 0, broken: 0 };
  const people = new Set<string>();
  const struck: Struck[] = [];
  let heard = 0;
  let mails = 0;
  let slowest: Asked | undefined;
  for (const entry of history) {
    if (entry.kind === 'struck') struck.push(entry);
    else if (entry.kind !== 'died' && entry.kind !== 'mailed') people.add(entry.who);
    if (entry.kind === 'mailed') mails += 1;
    if (entry.kind === 'heard') heard += 1;
    if (entry.kind !== 'asked') continue;
    asks[endingOf(entry)] += 1;
    if (entry.outcome.kind !== 'broken' && (!slowest || took(entry) > took(slowest))) slowest = entry;
  }
  const acknowledged = commandsOf(history).filter(({ proof }) => proof === 'done');
  const events = indexOf(stream).copies.size;
  const hits = struck.filter(({ missed }) => missed === undefined);
  const longest = struck.filter(({ recoveredAt }) => recoveredAt !== undefined).toSorted((a, b) => recovery(b) - recovery(a))[0];
  return {
    people: people.size,
    asks,
    acknowledged: acknowledged.length,
    events,
    repeats: stream.length - events,
    heard,
    mails,
    screens: screenCountsOf(history),
    highestVersion: stream.reduce((highest, { version }) => Math.max(highest, version), 0),
    faults: timesOf(hits),
    misses: timesOf(struck.filter(({ missed }) => missed !== undefined)),
    recoveries: hits.filter(({ recoveredAt }) => recoveredAt !== undefined).length,
    longestRecovery: longest && { ms: recovery(longest), fault: longest.fault },
    slowest: slowest && { ms: took(slowest), operation: slowest.operation, who: slowest.who },
  };
}

function endingOf({ outcome }: Asked): Ending {
  if (outcome.kind === 'broken') return 'broken';
  if (outcome.status < 400) return 'answered';
  if (outcome.status < 500) return 'refused';
  return outcome.status === 503 || outcome.status === 504 ? 'unavailable' : 'failed';
}

const took = ({ at, endedAt }: Asked): number => endedAt - at;
const recovery = ({ calmAt, recoveredAt }: Struck): number => (recoveredAt ?? calmAt) - calmAt;
const timesOf = (struck: readonly Struck[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(struck, ({ fault }) => fault)].map(([fault, all]) => [fault, all.length]));
