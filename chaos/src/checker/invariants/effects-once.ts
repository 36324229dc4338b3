import type { Evidence, Row, Violation, Workload } from '@mela/testkit/chaos';
import { WITNESS_SOURCE } from '../../witness/counted.ts';
import { indexOf } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'I2';

/** Every effect of an event exactly once: the witness's count, the replicas, and no event put aside. */
export const effectsOnce: Judge = (evidence, workloads) => [...miscounted(evidence), ...putAside(evidence), ...workloads.flatMap((workload) => diverged(workload, evidence))];

function miscounted({ stream, tally }: Evidence): Violation[] {
  const told = new Map<string, number>();
  for (const [event] of indexOf(stream).copies.values())
    // What the witness says itself it does not count.
    if (event!.source !== WITNESS_SOURCE) told.set(event!.aggregate, (told.get(event!.aggregate) ?? 0) + 1);
  return [...new Set([...told.keys(), ...Object.keys(tally)])].flatMap((aggregate) => {
    const [events, counted] = [told.get(aggregate) ?? 0, tally[aggregate] ?? 0];
    return events === counted ? [] : [{ invariant, what: `The witness counted ${counted} events of ${aggregate}, and the stream has ${events}`, about: [aggregate] }];
  });
}

const putAside = ({ services }: Evidence): Violation[] =>
  Object.values(services).flatMap(({ deadLetters }) =>
    deadLetters.map(({ consumer, eventId, state, error }) => ({ invariant, what: `${consumer} put event ${eventId} aside (${state}): ${error}`, about: [eventId] })),
  );

/** Copies are held against their owner's rows. A replica that nobody keeps, or nobody has rows of, was not tried. */
function diverged({ service: owner, replicas = {} }: Workload, { services }: Evidence): Violation[] {
  return Object.entries(replicas).flatMap(([name, { of }]) => {
    const rows = services[owner]?.owned[name];
    const keepers = Object.entries(services).flatMap(([service, { kept }]) => (kept[name] ? [{ service, rows: kept[name] }] : []));
    if (!rows || keepers.length === 0) return [{ invariant, what: `The replica "${name}" of ${owner} cannot be judged: ${rows ? 'nobody keeps one' : 'its owner has no rows'}`, about: [] }];
    const owned = Map.groupBy(rows, of);
    return keepers.flatMap(({ service, rows: copied }) => {
      const kept = Map.groupBy(copied, of);
      return [...new Set([...owned.keys(), ...kept.keys()])].flatMap((key) => {
        const [theirs, ours] = [inWords(owned.get(key)), inWords(kept.get(key))];
        return theirs === ours ? [] : [{ invariant, what: `${service} knows ${key} of ${name} as ${ours}, and ${owner} has it as ${theirs}`, about: [key] }];
      });
    });
  });
}

const inWords = (rows: readonly Row[] = []): string =>
  rows.map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).toSorted(([a], [b]) => a.localeCompare(b))))).join(' and ') || 'nothing';
