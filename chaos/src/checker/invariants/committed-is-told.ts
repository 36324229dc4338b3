import type { Evidence, StreamEvent, Violation, Workload } from '@mela/testkit/chaos';
import { indexOf, nameOf } from '../stream-index.ts';
import type { Judge } from './judge.ts';

const invariant = 'I1';
const NAMED = 10;

/** Committed events = events in the stream, unique by id. */
export const committedIsTold: Judge = (evidence, workloads) => [
  ...workloads.flatMap((workload) => neverTold(workload, evidence)),
  ...toldTwice(evidence),
  ...neverCommitted(workloads, evidence),
  ...sentAndGone(evidence),
  ...stillWaiting(evidence),
];

function neverTold({ service }: Workload, { services, stream }: Evidence): Violation[] {
  const { told } = indexOf(stream);
  return Object.entries(services[service]?.aggregates ?? {}).flatMap(([noun, aggregates]) =>
    aggregates.flatMap(({ id, version }) => {
      const versions = new Set(told.get(nameOf(noun, id))?.map((event) => event.version));
      const missing = Array.from({ length: version }, (_, place) => place + 1).filter((one) => !versions.has(one));
      return missing.map((one) => ({ invariant, what: `${noun} ${id} is at version ${version}, and the stream has no event of version ${one}`, about: [id] }));
    }),
  );
}

function toldTwice({ stream }: Evidence): Violation[] {
  const violations: Violation[] = [];
  for (const events of indexOf(stream).told.values()) {
    const byVersion = Map.groupBy(events, ({ version }) => version);
    for (const [version, same] of byVersion) {
      if (same.length === 1) continue;
      const { noun, aggregate } = same[0]!;
      const what = `The stream has ${same.length} different events of version ${version} of ${noun} ${aggregate}: ${places(same)}`;
      violations.push({ invariant, what, about: [aggregate, ...same.map(({ id }) => id)] });
    }
  }
  return violations;
}

/** An event of a change that was rolled back, or one that nobody's tables can be held against. */
function neverCommitted(workloads: readonly Workload[], { services, stream }: Evidence): Violation[] {
  const owners = new Map(workloads.flatMap(({ service, aggregates }) => Object.keys(aggregates).map((noun) => [noun, service] as const)));
  const versions = new Map<string, number>();
  for (const service of owners.values())
    for (const [noun, aggregates] of Object.entries(services[service]?.aggregates ?? {}))
      for (const { id, version } of aggregates) versions.set(nameOf(noun, id), version);

  const violations: Violation[] = [];
  const strangers = new Set<string>();
  for (const [event] of indexOf(stream).copies.values()) {
    const { noun, aggregate, version, id, seq, type } = event!;
    const owner = owners.get(noun);
    if (owner === undefined) {
      if (!strangers.has(noun)) violations.push({ invariant, what: `The stream has ${type} at ${seq}, and no workload names "${noun}" among its aggregates: nobody can judge it`, about: [id] });
      strangers.add(noun);
      continue;
    }
    const current = versions.get(nameOf(noun, aggregate));
    if (current !== undefined && version <= current) continue;
    const state = current === undefined ? `${owner} has no such ${noun}` : `${owner} has it at version ${current}`;
    violations.push({ invariant, what: `The stream has version ${version} of ${noun} ${aggregate} at ${seq} (event ${id}), and ${state}`, about: [aggregate, id] });
  }
  return violations;
}

function sentAndGone({ services, stream }: Evidence): Violation[] {
  const { copies } = indexOf(stream);
  return Object.entries(services).flatMap(([service, { sent }]) =>
    sent
      .filter(({ eventId }) => !copies.has(eventId))
      .map(({ eventId, aggregate, version, streamSeq }) => ({
        invariant,
        what: `${service} sent event ${eventId} (version ${version} of ${aggregate}) and was told that it is at ${streamSeq}, and the stream does not have it`,
        about: [aggregate, eventId],
      })),
  );
}

const stillWaiting = ({ services }: Evidence): Violation[] =>
  Object.entries(services)
    .filter(([, { outbox }]) => outbox.length > 0)
    .map(([service, { outbox }]) => ({ invariant, what: `${outbox.length} events still wait in the outbox of ${service}`, about: outbox.slice(0, NAMED) }));

const places = (events: readonly StreamEvent[]): string => events.map(({ id, seq }) => `${id} at ${seq}`).join(', ');
