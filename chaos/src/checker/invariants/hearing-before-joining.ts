import { mela, parseTopic, topic } from '@mela/contracts';
import type { Entry, Evidence, Grant, HeardEvent, Violation, Workload } from '@mela/testkit/chaos';
import { commandsOf, type Command } from '../attempts.ts';
import { clearest } from '../wishes.ts';
import type { Judge } from './judge.ts';

const invariant = 'screens';

/**
 * Nobody hears a topic before they have the right to. The stream cannot tell: a grant rests on the committed row, whose event
 * may come later than others. What can be told is when the right had not even been asked for, or never came to be.
 */
export const hearingBeforeJoining: Judge = ({ history, services }, workloads) => {
  const first = [...firstHearings(history).values()];
  const commands = commandsOf(history).filter(({ proof }) => proof !== 'refused');
  return [...Map.groupBy(first, ({ topic: name }) => kindOf(name))].flatMap(([kind, heard]) => ofKind(kind, heard, commands, workloads, services));
};

const kindOf = (name: string): string => parseTopic(name)?.kind ?? name;
const keyOf = (name: string): string => parseTopic(name)?.key ?? name;

/** If not even the first was too early, none was. What concerns a person is judged by its name. */
function firstHearings(history: readonly Entry[]): Map<string, HeardEvent> {
  const first = new Map<string, HeardEvent>();
  for (const entry of history) {
    if (entry.kind !== 'heard' || kindOf(entry.topic) === topic.person.kind) continue;
    const pair = `${entry.topic} ${entry.personId}`;
    if (entry.at < (first.get(pair)?.at ?? Number.POSITIVE_INFINITY)) first.set(pair, entry);
  }
  return first;
}

function ofKind(kind: string, heard: readonly HeardEvent[], commands: readonly Command[], workloads: readonly Workload[], services: Evidence['services']): Violation[] {
  const owner = mela.operations.get(mela.topics.get(kind)?.grantedBy ?? '')?.service;
  const grant = workloads.find(({ service }) => service === owner)?.grants?.[kind];
  const rows = services[owner ?? '']?.rows;
  if (!grant || !rows) return [{ invariant, what: `Topics "${kind}" were heard, and ${grant ? 'nobody has the rows' : 'no workload says'} who may hear them`, about: [] }];
  const holders = new Set([...grant.holders(rows)].map(([key, personId]) => `${key} ${personId}`));
  const ways = commands.filter(({ operation }) => operation in grant.by);
  return heard.flatMap((one) => tooEarly(one, holders, grant, ways));
}

function tooEarly({ who, personId, id, at, topic: name }: HeardEvent, holders: ReadonlySet<string>, grant: Grant, ways: readonly Command[]): Violation[] {
  const key = keyOf(name);
  const complain = (what: string): Violation[] => [{ invariant, what: `${who} heard event ${id} on ${name} at ${at} ms, and ${what}`, about: [id, personId, key] }];
  if (!holders.has(`${key} ${personId}`)) return complain('never had the right to');
  const leading = ways.filter((way) => grant.by[way.operation]!(clearest([way]), key, personId));
  // A right that nobody in the history asked for: nothing can be said of when it began.
  if (leading.length === 0) return [];
  const asked = Math.min(...leading.flatMap(({ attempts }) => attempts.map((attempt) => attempt.at)));
  return at < asked ? complain(`nobody asked for the right before ${asked} ms`) : [];
}
