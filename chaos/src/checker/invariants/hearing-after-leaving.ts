import { mela, MemberJoined, MemberLeft } from '@mela/contracts';
import { commandsOf, type Entry, type HeardEvent, type Violation } from '@mela/testkit/chaos';
import { communitiesOf, pairOf } from '../memberships.ts';
import { add, indexOf, placeOf, type StreamIndex } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Whoever has left hears nothing of the community that lies in the stream behind their leaving, on none of its topics, until they
 * may be back: as often as they had left by then they must have asked to come in again.
 */
export const hearingAfterLeaving: Judge = ({ history, stream, services }) => {
  const index = indexOf(stream);
  const departures = departuresIn(index);
  if (departures.size === 0) return [];
  const versions = new Map(services['communities']?.rows['membership']?.map((row) => [pairOf(String(row['communityId']), String(row['userId'])), Number(row['version'])]));
  const [communityHeardOn, asks] = [communitiesOf(services), asksToComeIn(history)];
  return history.flatMap((heard) => {
    const communityId = heard.kind === 'heard' ? communityHeardOn(heard.topic) : undefined;
    if (heard.kind !== 'heard' || communityId === undefined) return [];
    const pair = pairOf(communityId, heard.personId);
    const seq = placeOf(heard, index);
    const departure = departures.get(pair)?.findLast((one) => seq !== undefined && one.seq < seq);
    if (!departure) return [];
    if ((versions.get(pair) ?? 0) <= departure.version) return [complaint(heard, pair, departure, 'never came back')];
    const asked = asks.get(pair)?.[departure.version / 2];
    return asked !== undefined && heard.at < asked ? [complaint(heard, pair, departure, `did not ask to come back before ${asked} ms`)] : [];
  });
};

interface Departure {
  readonly seq: number;
  /** Even: each turn is a version. */
  readonly version: number;
}

function departuresIn({ copies }: StreamIndex): Map<string, Departure[]> {
  const departures = new Map<string, Departure[]>();
  for (const [event] of copies.values()) if (event!.type === MemberLeft.type) add(departures, event!.aggregate, event!);
  for (const ofOne of departures.values()) ofOne.sort((a, b) => a.seq - b.seq);
  return departures;
}

/** When each of them began to ask, in the order of time: the n-th departure is followed by the n-th after the first. */
function asksToComeIn(history: readonly Entry[]): Map<string, number[]> {
  const asks = new Map<string, number[]>();
  for (const { operation, attempts, proof } of commandsOf(history)) {
    const { input, personId = '', at } = attempts[0]!;
    if (proof === 'refused' || !mela.operations.get(operation)?.emits.includes(MemberJoined) || typeof input['communityId'] !== 'string') continue;
    add(asks, pairOf(input['communityId'], personId), at);
  }
  for (const ofOne of asks.values()) ofOne.sort((a, b) => a - b);
  return asks;
}

const complaint = ({ who, personId, id, topic, at }: HeardEvent, pair: string, { seq }: Departure, otherwise: string): Violation => ({
  invariant,
  what: `${who} heard event ${id} on ${topic} at ${at} ms, had left the community at ${seq} of the stream, and ${otherwise}`,
  about: [id, personId, pair.split(':')[0]!],
});
