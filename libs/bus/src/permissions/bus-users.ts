import { durablesOf, type Durable } from '../consume/durable.ts';
import type { BusNeeds } from './needs.ts';
import { deniedOf, ofAnswering, ofAnybody, ofAsking, ofFollowing, ofHearing, ofKeeping, ofOverhearing, ofSaying, type Subjects } from './subjects-of.ts';

/** A user of the server. What is not allowed is refused, and what is denied is refused although it is allowed. */
export interface BusUser {
  readonly name: string;
  readonly publish: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  readonly subscribe: { readonly allow: readonly string[] };
}

/**
 * One user for each of those who connect. They are made together, since what one may do depends on the others: who may
 * ask it, and which durables are not its own.
 */
export function busUsers(all: readonly BusNeeds[]): BusUser[] {
  const names = all.map(({ name }) => name);
  const doubled = names.find((name, place) => names.indexOf(name) !== place);
  if (doubled !== undefined) throw new Error(`Two users of the message bus are called ${doubled}`);
  return all.map((one) => {
    const allowed = subjectsOf(one, all);
    const others = all.filter((other) => other !== one).flatMap(durables);
    return {
      name: one.name,
      publish: { allow: inOrder(allowed.flatMap(({ publish = [] }) => publish)), deny: inOrder(one.follows ? others.flatMap(deniedOf) : []) },
      subscribe: { allow: inOrder(allowed.flatMap(({ subscribe = [] }) => subscribe)) },
    };
  });
}

function subjectsOf(one: BusNeeds, all: readonly BusNeeds[]): Partial<Subjects>[] {
  const { name, asks = [], answers, says, hears, follows, overhears = [], keeps = [], also } = one;
  const askers = all.filter((other) => other.asks?.some(({ service }) => service === name)).map((other) => other.name);
  return [
    ofAnybody(name),
    ofAsking(asks),
    ...(answers ? [ofAnswering(name, askers)] : []),
    ...(says ? [ofSaying(name, says)] : []),
    ...(hears ? [ofHearing(name, durables(one))] : []),
    ...(follows ? [ofFollowing(follows)] : []),
    ofOverhearing(overhears),
    ...keeps.map(ofKeeping),
    ...(also ? [also] : []),
  ];
}

const durables = ({ hears = [] }: BusNeeds): Durable[] => hears.flatMap(({ as, events }) => durablesOf(as, events));

const inOrder = (subjects: readonly string[]): string[] => [...new Set(subjects)].sort();
