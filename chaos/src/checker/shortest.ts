import { keyOf, type Entry, type Evidence, type StreamEvent, type Struck, type Violation } from '@mela/testkit/chaos';
import { add } from './groups.ts';
import type { Mentions } from './story/mentions.ts';
import { smallest } from './story/smallest.ts';

export interface Story {
  /** In the order in which they began. */
  readonly entries: readonly Entry[];
  /** Of the aggregates and events that it is about. */
  readonly events: readonly StreamEvent[];
  /** What touches the ids and was left out for brevity. */
  readonly leftOut: number;
}

interface Bounds {
  readonly judgements: number;
  readonly ms: number;
}

const untold: Story = { entries: [], events: [], leftOut: 0 };
const usual: Bounds = { judgements: 2_000, ms: 2_000 };
const AROUND_MS = 2_000;
const LINES = 12;

/**
 * The least that must have happened for the violation to be seen in these tables and this stream. Where the tables and the stream alone
 * show it, what happened to its ids. Nothing where even the whole history does not show it: any story of it would be made up.
 * `judge` is the one invariant concerned.
 */
export function shortestStory(violation: Violation, evidence: Evidence, mentions: Mentions, judge: (evidence: Evidence) => readonly Violation[], bounds = usual): Story {
  const seenIn = (history: readonly Entry[]) => judge({ ...evidence, history }).some((other) => isSame(other, violation));
  if (!seenIn(evidence.history)) return untold;
  const touching = new Set(violation.about.flatMap((id) => mentions.of(id)));
  const wanted = seenIn([]) ? mostTelling(wholeCommands(evidence.history, touching), violation) : needed(evidence.history, touching, seenIn, bounds);
  const told = wanted.slice(0, LINES);
  const events = evidence.stream.filter(({ id, aggregate }) => violation.about.includes(aggregate) || violation.about.includes(id));
  const entries = [...new Set([...told, ...strikingAround(told, evidence.history)])].toSorted((a, b) => a.at - b.at);
  return { entries, events: events.slice(0, LINES), leftOut: wanted.length - told.length + Math.max(events.length - LINES, 0) };
}

const isSame = (one: Violation, other: Violation): boolean =>
  one.invariant === other.invariant && one.about.length === other.about.length && other.about.every((id) => one.about.includes(id));

function needed(history: readonly Entry[], touching: ReadonlySet<Entry>, seenIn: (history: readonly Entry[]) => boolean, { judgements, ms }: Bounds): readonly Entry[] {
  const until = performance.now() + ms;
  let left = judgements;
  const near = wholeCommands(history, touching);
  const from = seenIn(near.flat()) ? near : wholeCommands(history, new Set(history));
  return smallest(from, (part) => seenIn(part.flat()), () => left-- > 0 && performance.now() < until).flat();
}

/** Attempts under one key stay together: some of them alone would tell of another command. In the order of the history. */
function wholeCommands(history: readonly Entry[], wanted: ReadonlySet<Entry>): Entry[][] {
  const keys = new Set([...wanted].flatMap((entry) => keyOfEntry(entry) ?? []));
  const groups = new Map<unknown, Entry[]>();
  for (const entry of history) {
    const key = keyOfEntry(entry);
    if (key === undefined ? wanted.has(entry) : keys.has(key)) add(groups, key ?? entry, entry);
  }
  return [...groups.values()];
}

const keyOfEntry = (entry: Entry): string | undefined => (entry.kind === 'asked' ? keyOf(entry) : undefined);

/** Commands say what was done, questions and screens what it looked like; and an id in an answer was made by it. */
function mostTelling(acts: readonly (readonly Entry[])[], { about }: Violation): Entry[] {
  const weight = (entry: Entry): number => {
    if (entry.kind === 'struck' || entry.kind === 'died' || entry.kind === 'mailed') return 1;
    if (entry.kind === 'heard' || entry.kind === 'followed') return 4;
    if (!entry.command) return 3;
    const made = entry.outcome.kind === 'answered' ? (entry.outcome.body as { id?: unknown } | null)?.id : undefined;
    return about.includes(entry.key ?? '') || about.includes(String(made)) ? 0 : 2;
  };
  const weighed = acts.map((act) => ({ act, weight: Math.min(...act.map(weight)) }));
  return weighed.toSorted((a, b) => a.weight - b.weight || a.act[0]!.at - b.act[0]!.at).flatMap(({ act }) => act);
}

function strikingAround(told: readonly Entry[], history: readonly Entry[]): Struck[] {
  const spans = told.flatMap((entry) => (entry.kind === 'struck' ? [] : [{ from: entry.at - AROUND_MS, to: (entry.kind === 'asked' ? entry.endedAt : entry.at) + AROUND_MS }]));
  return history.filter((entry): entry is Struck => entry.kind === 'struck' && spans.some(({ from, to }) => entry.at <= to && entry.healedAt >= from)).slice(0, LINES);
}
