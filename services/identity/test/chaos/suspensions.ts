import { identity } from '@mela/contracts';
import type { Invariant, Row, Violation } from '@mela/testkit/chaos';
import { openedBy, opening, spansOf, type Span } from './spans.ts';

const out = 'whoever is shut out is signed in nowhere';
const state = 'whoever was shut out last is, and whoever was let in last is not';

const isSuspension = ({ command }: Span): boolean => command.operation === identity.suspend.id;
const inputOf = ({ command }: Span): string => String(command.attempts[0]!.input['personId']);

/** No session is alive, and none was opened from when it was answered until somebody wanted to let them in again. */
export const shutOut: Invariant = {
  name: out,
  judge: ({ history, services }) => {
    const { person = [], session = [] } = services['identity']!.rows;
    const suspended = new Set(person.filter((row) => row['suspended'] === true).map(({ id }) => id));
    const alive = session.filter(({ personId, revoked }) => revoked === false && suspended.has(personId));
    const [turns, arrivals] = [spansOf(history, identity.suspend, identity.restore), spansOf(history, ...opening)];
    const restored = Map.groupBy(turns.filter((span) => !isSuspension(span)), inputOf);
    const opened = Map.groupBy(arrivals, ({ command }) => openedBy(command)?.personId);
    return [
      ...alive.map(({ id, personId }): Violation => ({ invariant: out, what: `${String(personId)} is shut out, and their session ${String(id)} is alive`, about: [String(personId), String(id)] })),
      ...turns.filter(isSuspension).flatMap((suspension) => {
        const personId = inputOf(suspension);
        const ends = Math.min(Number.POSITIVE_INFINITY, ...(restored.get(personId) ?? []).filter(({ until }) => until > suspension.from).map(({ from }) => from));
        const within = (opened.get(personId) ?? []).filter(({ from, until }) => from > suspension.until && until < ends);
        return within.map(({ from }): Violation => ({ invariant: out, what: `${personId} was shut out by ${suspension.until} ms, and signed in at ${from} ms`, about: [personId, suspension.command.key] }));
      }),
    ];
  },
};

export const stateOfSuspension: Invariant = {
  name: state,
  judge: ({ history, services }) => {
    const people = new Map((services['identity']!.rows['person'] ?? []).map((row) => [row['id'], row]));
    return [...Map.groupBy(spansOf(history, identity.suspend, identity.restore), inputOf)].flatMap(([personId, turns]) => judged(personId, turns, people.get(personId)));
  },
};

/** Where two overlap nobody knows which was the last. */
function judged(personId: string, turns: readonly Span[], row: Row | undefined): Violation[] {
  const last = turns.reduce((one, other) => (other.from > one.from ? other : one));
  if (last.command.proof !== 'done' || turns.some((other) => other !== last && other.until >= last.from)) return [];
  if (row?.['suspended'] === isSuspension(last)) return [];
  return [{ invariant: state, what: `${personId} was last ${isSuspension(last) ? 'shut out' : 'let in'}, by ${last.until} ms, and is ${row ? 'not' : 'gone'}`, about: [personId, last.command.key] }];
}
