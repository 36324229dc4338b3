import type { Entry, Followed, HeardEvent } from '@mela/testkit/chaos';
import { add } from '../groups.ts';
import { placeOf } from '../stream-index.ts';

/** A stretch of one topic on one screen that its client takes for whole, over whatever lines it came. */
export interface Span {
  /** How it began. */
  readonly since: Extract<Followed, { readonly what: 'subscribed' }>;
  /** Everything after this place is to be told. */
  readonly from: number;
  /** The one that could not be gone on with, if it follows upon one: what that has told is known, also what lies behind the hole. */
  readonly after: Span | undefined;
  /** What the client showed. */
  readonly told: HeardEvent[];
  readonly resumes: Resume[];
  /** Listened to until the run was over. */
  lasting: boolean;
}

export interface Resume {
  readonly connection: number;
}

/** One topic on one screen, from the beginning of the run to its end. */
export interface Following {
  readonly who: string;
  readonly personId: string;
  readonly screen: number;
  readonly topic: string;
  readonly spans: readonly Span[];
  readonly faults: readonly Fault[];
}

/** What no client and no gateway may do, whatever the stream holds. */
export interface Fault {
  /** `untold`: a hole of which the client says nothing. `groundless`: a hole though nobody said that there is one. */
  readonly kind: 'untold' | 'groundless' | 'unasked' | 'unanswered';
  readonly at: number;
  /** The event that came unasked. */
  readonly id?: string;
}

type OnTopic = HeardEvent | Extract<Followed, { readonly topic: string }>;

const known = new WeakMap<readonly Entry[], readonly Following[]>();

/** Each topic of each screen, read as a client has to. Made once of one history: two judges and the counts ask. */
export function followingsIn(history: readonly Entry[]): readonly Following[] {
  const found = known.get(history) ?? [...byTopic(history).values()].map(follow);
  known.set(history, found);
  return found;
}

function byTopic(history: readonly Entry[]): Map<string, OnTopic[]> {
  const groups = new Map<string, OnTopic[]>();
  for (const entry of history) if (entry.kind === 'heard' || (entry.kind === 'followed' && 'topic' in entry)) add(groups, `${entry.screen} ${entry.who} ${entry.topic}`, entry);
  return groups;
}

function follow(entries: readonly OnTopic[]): Following {
  const { who, personId, screen, topic } = entries[0]!;
  const [spans, faults]: [Span[], Fault[]] = [[], []];
  let span: Span | undefined;
  let waits = false;
  let wanted = false;
  let connection = 0;
  /** The client has to say that there may be a hole. */
  let due: number | undefined;
  for (const entry of entries) {
    const { at } = entry;
    if (due !== undefined && (entry.kind === 'heard' || entry.what !== 'resync')) {
      faults.push({ kind: 'untold', at: due });
      due = undefined;
    }
    if (entry.kind === 'heard') {
      if (!entry.told) continue;
      if (span) span.told.push(entry);
      else faults.push({ kind: 'unasked', at, id: entry.id });
    } else if (entry.what === 'wanted') {
      [wanted, waits, span] = [true, true, undefined];
    } else if (entry.what === 'given up') {
      [wanted, waits, span] = [false, false, undefined];
    } else if (entry.what === 'refused') {
      [waits, span] = [false, undefined];
    } else if (entry.what === 'subscribed' && wanted) {
      waits = false;
      const to = placeOf(entry.to);
      if (span && entry.recovered) {
        if (entry.connection !== connection) span.resumes.push({ connection: entry.connection });
      } else {
        span = { since: entry, from: to, after: span, told: [], resumes: [], lasting: false };
        spans.push(span);
        due = at;
      }
      ({ connection } = entry);
    } else if (entry.what === 'resync') {
      if (due === undefined) faults.push({ kind: 'groundless', at });
      due = undefined;
    }
  }
  if (due !== undefined) faults.push({ kind: 'untold', at: due });
  if (span) span.lasting = true;
  if (waits) faults.push({ kind: 'unanswered', at: entries.at(-1)!.at });
  return { who, personId, screen, topic, spans, faults };
}
