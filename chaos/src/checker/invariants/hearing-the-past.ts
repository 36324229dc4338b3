import type { Evidence, HeardEvent, Violation } from '@mela/testkit/chaos';
import { keyOf, Rights, WaysIn } from '../rights.ts';
import { copyHeard, indexOf, type StreamIndex } from '../stream-index.ts';
import { nameOfRight } from '../turns.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * However old the cursor that a screen brings, it is not told what happened before its person's right began, nor between two of its
 * turns. An event may lie before the one that gives the right, which is said later than it is written; but not if others had heard it
 * before the right was even asked for.
 */
export const hearingThePast: Judge = (evidence, workloads) => {
  const [rights, index, firsts] = [new Rights(evidence, workloads), indexOf(evidence.stream), firstHeard(evidence)];
  return [...rights.heard()].flatMap(([kind, heard]) => {
    const granted = rights.granted(kind);
    // That nobody knows who may hear them is complained of elsewhere.
    if (typeof granted === 'string') return [];
    const ways = new WaysIn(evidence.history, granted);
    return heard.flatMap((one) => fromBefore(one, firsts.get(one.id)!, rights, ways, index));
  });
};

function fromBefore(heard: HeardEvent, first: number, rights: Rights, ways: WaysIn, index: StreamIndex): Violation[] {
  const [right, seq] = [rights.needed(heard), copyHeard(heard, index)?.seq];
  const turns = right && index.rights.get(nameOfRight(right));
  if (!turns || seq === undefined) return [];
  const turn = turns.ended.filter((end) => end < seq).length;
  const [began, asked] = [turns.began[turn], ways.to(right)[turn]];
  if (began === undefined || asked === undefined || seq >= began || first >= asked) return [];
  const { who, personId, screen, id, topic, at } = heard;
  // That it came too early altogether is complained of elsewhere.
  if (at < asked) return [];
  return [{ invariant, what: `Screen ${screen} of ${who} heard event ${id} of ${seq} on ${topic} at ${at} ms, which others had heard at ${first} ms, before the right was asked for at ${asked} ms`, about: [id, personId, keyOf(right.scope)] }];
}

/** When each event was out for certain. */
function firstHeard({ history }: Evidence): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  for (const entry of history) if (entry.kind === 'heard') firsts.set(entry.id, Math.min(entry.at, firsts.get(entry.id) ?? entry.at));
  return firsts;
}
