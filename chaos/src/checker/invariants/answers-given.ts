import { mela } from '@mela/contracts';
import type { Asked, Struck, Violation } from '@mela/testkit/chaos';
import { strikesOn, type Judge, type Limits } from './judge.ts';

const invariant = 'I5';
const outages: ReadonlySet<number> = new Set([503, 504]);

/** An outage is said to be one, with 503 or 504, and soon: never 500, never a hang, and no silence but of the front door that was itself struck. */
export const answersGiven: Judge = ({ history }, _workloads, limits) => {
  const onFrontDoor = strikesOn(limits.frontDoor, history);
  const stops = onFrontDoor.filter(({ fault }) => limits.standsStill.has(fault));
  return history.flatMap((entry) => (entry.kind === 'asked' ? [...failed(entry), ...brokenOff(entry, onFrontDoor), ...hung(entry, stops, limits)] : []));
};

/** Whoever gave up waiting was not cut off: whether they had to wait too long is another question. */
function brokenOff(asked: Asked, strikes: readonly Struck[]): Violation[] {
  const { outcome, operation, who, at, endedAt } = asked;
  if (outcome.kind !== 'broken' || outcome.gaveUp) return [];
  if (strikes.some((strike) => strike.at <= endedAt && at <= (strike.recoveredAt ?? Number.POSITIVE_INFINITY))) return [];
  return [{ invariant, what: `${operation} of ${who} at ${at} ms was broken off after ${endedAt - at} ms (${outcome.why}), and nothing had struck the front door`, about: nameOf(asked) }];
}

function failed(asked: Asked): Violation[] {
  const { outcome, operation, who, at } = asked;
  if (outcome.kind === 'broken' || outcome.status < 500 || outages.has(outcome.status)) return [];
  const code = outcome.kind === 'refused' ? outcome.code : 'no code';
  const declared = outcome.status !== 500 && mela.operations.get(operation)?.refusals.some((refusal) => refusal.code === code && refusal.status === outcome.status);
  if (declared) return [];
  return [{ invariant, what: `${operation} answered ${who} ${outcome.status} (${code}) at ${at} ms: an outage is 503 or 504`, about: nameOf(asked) }];
}

function hung(asked: Asked, stops: readonly Struck[], { answerWithinMs }: Limits): Violation[] {
  const took = asked.endedAt - asked.at;
  if (took <= answerWithinMs || took - stoppedWhile(asked, stops) <= answerWithinMs) return [];
  const { operation, who, at, outcome } = asked;
  const end = outcome.kind === 'broken' ? `without an answer (${outcome.why})` : `with ${outcome.status}`;
  return [{ invariant, what: `${operation} of ${who} at ${at} ms took ${took} ms and ended ${end}: ${answerWithinMs} ms are allowed`, about: nameOf(asked) }];
}

/** Faults may overlap: a moment counts once. */
function stoppedWhile({ at, endedAt }: Asked, stops: readonly Struck[]): number {
  let [stopped, until] = [0, at];
  for (const stop of stops.toSorted((a, b) => a.at - b.at)) {
    const [from, to] = [Math.max(stop.at, until), Math.min(stop.healedAt, endedAt)];
    if (to <= from) continue;
    stopped += to - from;
    until = to;
  }
  return stopped;
}

/** A question has no key: it is known by who asked what. */
const nameOf = ({ key, personId, who, operation }: Asked): string[] => (key === undefined ? [personId ?? who, operation] : [key]);
