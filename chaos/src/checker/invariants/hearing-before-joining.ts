import { mela, MemberJoined } from '@mela/contracts';
import { keyOf, proofOf, type Asked, type Entry, type HeardEvent, type Violation } from '@mela/testkit/chaos';
import { communitiesOf, pairOf, type CommunityOf } from '../memberships.ts';
import { add } from '../stream-index.ts';
import { forOneself } from '../wishes.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Nobody hears a community, or one of its posts, before they belong to it. The stream cannot tell: a grant rests on the committed row, whose event
 * may come later than others. What can be told is when a membership had not even been asked for, or never came to be.
 */
export const hearingBeforeJoining: Judge = ({ history, services }) => {
  const rows = services['communities']?.rows['membership'];
  if (!rows) return [];
  const first = firstHearings(history, communitiesOf(services));
  if (first.size === 0) return [];
  const members = new Set(rows.map((row) => pairOf(String(row['communityId']), String(row['userId']))));
  const ways = waysIn(history);
  return [...first].flatMap(([pair, heard]) => tooEarly(pair, heard, members, ways));
};

const communityOf = (pair: string): string => pair.split(':')[0]!;

/** If not even the first was too early, none was. */
function firstHearings(history: readonly Entry[], communityHeardOn: CommunityOf): Map<string, HeardEvent> {
  const first = new Map<string, HeardEvent>();
  for (const entry of history) {
    if (entry.kind !== 'heard') continue;
    const communityId = communityHeardOn(entry.topic);
    if (communityId === undefined) continue;
    const pair = pairOf(communityId, entry.personId);
    if (entry.at < (first.get(pair)?.at ?? Number.POSITIVE_INFINITY)) first.set(pair, entry);
  }
  return first;
}

function tooEarly(pair: string, heard: HeardEvent, members: ReadonlySet<string>, ways: WaysIn): Violation[] {
  const { who, personId, id, at } = heard;
  const complain = (what: string): Violation[] => [{ invariant, what: `${who} heard event ${id} of community ${communityOf(pair)} at ${at} ms, and ${what}`, about: [id, personId, communityOf(pair)] }];
  if (!members.has(pair)) return complain('has never been a member of it');
  const asked = earliest(pair, personId, ways);
  // A membership that nobody in the history asked for: nothing can be said of when it began.
  return asked !== undefined && at < asked ? complain(`nobody asked for their membership before ${asked} ms`) : [];
}

interface WaysIn {
  /** When it was first asked for, by the pair it is about. */
  readonly named: ReadonlyMap<string, number>;
  /** By whom a community was founded, or may have been: the answer, if there is one, names it. */
  readonly founded: ReadonlyMap<string, readonly { readonly at: number; readonly communityId: string | undefined }[]>;
  /** Asked by others, of whoever they let in: it may be about anybody. */
  readonly others: readonly Asked[];
}

/** All that may have led to a membership, so that none is called earlier than it was asked for. */
function waysIn(history: readonly Entry[]): WaysIn {
  const asks = history.filter((entry): entry is Asked => entry.kind === 'asked' && lets(entry.operation) && proofOf(entry) !== 'refused');
  const named = new Map<string, number>();
  const founded = new Map<string, { at: number; communityId: string | undefined }[]>();
  const answers = new Map(asks.flatMap((ask) => (ask.outcome.kind === 'answered' ? [[keyOf(ask) ?? ask, idOf(ask.outcome.body)] as const] : [])));
  for (const ask of asks) {
    const { input, personId = '', at } = ask;
    const communityId = input['communityId'];
    if (typeof communityId === 'string') {
      const pair = pairOf(communityId, personId);
      named.set(pair, Math.min(at, named.get(pair) ?? at));
    } else add(founded, personId, { at, communityId: answers.get(keyOf(ask) ?? ask) });
  }
  return { named, founded, others: asks.filter(({ operation }) => !forOneself.has(operation)) };
}

function earliest(pair: string, personId: string, { named, founded, others }: WaysIn): number | undefined {
  const communityId = communityOf(pair);
  const times = [
    named.get(pair),
    ...(founded.get(personId) ?? []).filter((one) => one.communityId === undefined || one.communityId === communityId).map(({ at }) => at),
    ...others.map(({ at }) => at),
  ].filter((at) => at !== undefined);
  return times.length === 0 ? undefined : Math.min(...times);
}

const lets = (operation: string): boolean => mela.operations.get(operation)?.emits.includes(MemberJoined) ?? false;

const idOf = (body: unknown): string | undefined => {
  const id = (body as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? id : undefined;
};
