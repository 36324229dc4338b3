import { identity, UserDeleted } from '@mela/contracts';
import type { Evidence, Invariant, Row, Violation } from '@mela/testkit/chaos';
import { openedBy, opening, spansOf, type Span } from './spans.ts';

const name = 'whoever has come back has their account, and whoever has not has closed it';
const signsIn = opening.filter(({ id }) => id !== identity.refresh.id && id !== identity.register.id);

export const keptAfterComingBack: Invariant = {
  name,
  judge: ({ history, services }) => {
    const people = new Map((services['identity']!.rows['person'] ?? []).map((row) => [row['id'], row]));
    const arrivals = spansOf(history, ...signsIn);
    const closings = Map.groupBy(spansOf(history, identity.deactivate, identity.delete), ({ command }) => command.attempts[0]!.personId!);
    return [...closings].flatMap(([personId, own]) => judged(personId, own, arrivals, people.get(personId)));
  },
};

function judged(personId: string, closings: readonly Span[], arrivals: readonly Span[], row: Row | undefined): Violation[] {
  const { who } = closings[0]!.command.attempts[0]!;
  const last = closings.reduce((one, other) => (other.from > one.from ? other : one));
  const complain = (what: string): Violation[] => [{ invariant: name, what, about: [personId, last.command.key] }];
  const over = Math.max(...closings.map(({ until }) => until));
  const back = arrivals.find(({ command, from }) => from > over && openedBy(command)?.personId === personId);
  if (back) return row?.['closed'] === false ? [] : complain(`${who} had closed their account by ${over} ms and signed in at ${back.from} ms, and it is ${row ? 'closed' : 'gone'}`);
  // Any sign-in of theirs that nobody knows the end of may have opened it again.
  const mayBeBack = arrivals.some(({ command, until }) => until >= last.from && command.attempts[0]!.who === who && (openedBy(command)?.personId ?? personId) === personId);
  if (mayBeBack || last.command.proof !== 'done') return [];
  const isLeaving = last.command.operation === identity.delete.id;
  return row?.['closed'] === true && row['leaving'] === isLeaving ? [] : complain(`${who} had closed their account by ${last.until} ms and did not sign in again, and it is ${row ? 'otherwise' : 'gone'}`);
}

const grace = 'nobody is deleted within their grace';

/** It is a matter of days, and a run is one of minutes. */
export const nobodyDeleted: Invariant = {
  name: grace,
  judge: ({ stream }: Evidence) =>
    stream.filter(({ type }) => type === UserDeleted.type).map(({ aggregate, id }) => ({ invariant: grace, what: `The account ${aggregate} was deleted`, about: [aggregate, id] })),
};
