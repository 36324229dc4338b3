import type { HeardEvent, Violation } from '@mela/testkit/chaos';
import { keyOf, Rights, WaysIn } from '../rights.ts';
import { copyHeard, indexOf, type StreamIndex } from '../stream-index.ts';
import { nameOfRight } from '../turns.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Once a right has ended, its person hears nothing of what rests on it that lies in the stream behind its end, on no topic, until
 * they may have it again: as often as it had ended by then they must have asked for it anew.
 */
export const hearingAfterLeaving: Judge = (evidence, workloads) => {
  const [rights, index] = [new Rights(evidence, workloads), indexOf(evidence.stream)];
  return [...rights.heard()].flatMap(([kind, heard]) => {
    const granted = rights.granted(kind);
    // That nobody knows who may hear them is complained of elsewhere.
    if (typeof granted === 'string') return [];
    const ways = new WaysIn(evidence.history, granted);
    return heard.flatMap((one) => tooLate(one, rights, ways, index));
  });
};

function tooLate(heard: HeardEvent, rights: Rights, ways: WaysIn, index: StreamIndex): Violation[] {
  const [right, seq] = [rights.needed(heard), copyHeard(heard, index)?.seq];
  const turns = right && index.rights.get(nameOfRight(right));
  if (!turns || seq === undefined) return [];
  const over = turns.ended.filter((end) => end < seq);
  if (over.length === 0) return [];
  const complain = (otherwise: string): Violation[] => {
    const { who, personId, id, topic, at } = heard;
    return [{ invariant, what: `${who} heard event ${id} on ${topic} at ${at} ms, whose right had ended at ${over.at(-1)} of the stream, and ${otherwise}`, about: [id, personId, keyOf(right.scope)] }];
  };
  if (turns.began.length <= over.length) return complain('never began again');
  const asked = ways.to(right)[over.length];
  return asked !== undefined && heard.at < asked ? complain(`was not asked for again before ${asked} ms`) : [];
}
