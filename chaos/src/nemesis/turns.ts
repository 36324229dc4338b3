import type { Random } from '@mela/testkit/chaos';
import { shuffled, weighted } from '../seed.ts';
import type { Family, Fault } from './fault.ts';

/** A full disk is harm to NATS, and so are strange deliveries; a wrong clock is a role's. */
const harmed = (family: Family): Family => (family === 'disk' || family === 'deliveries' ? 'nats' : family === 'clock' ? 'roles' : family);

/** Two that harm the same one at once would heal each other. */
export const mayOverlap = (one: Fault, other: Fault): boolean => harmed(one.family) !== harmed(other.family);

/**
 * Whose turn it is. A round holds a turn for every family, and a second for those that weigh more than the average, shuffled;
 * a family deals each of its faults once before it deals one again. So chance decides the order, and nobody starves.
 */
export class Turns {
  private readonly families: ReadonlyMap<Family, readonly Fault[]>;
  private readonly bags = new Map<Family, Fault[]>();
  private round: Family[] = [];

  constructor(
    private readonly random: Random,
    faults: readonly Fault[],
  ) {
    this.families = Map.groupBy(faults, ({ family }) => family);
  }

  /** The next fault that fits; a turn that does not fit now is kept. Undefined when none does. */
  next(fits: (fault: Fault) => boolean): Fault | undefined {
    return this.deal(fits) ?? (this.begin(), this.deal(fits));
  }

  private deal(fits: (fault: Fault) => boolean): Fault | undefined {
    for (const [place, family] of this.round.entries()) {
      const fault = this.draw(family, fits);
      if (fault === undefined) continue;
      this.round.splice(place, 1);
      return fault;
    }
    return undefined;
  }

  private draw(family: Family, fits: (fault: Fault) => boolean): Fault | undefined {
    const all = this.families.get(family)!;
    const left = (this.bags.get(family) ?? []).filter(fits);
    const fitting = left.length > 0 ? left : all.filter(fits);
    if (fitting.length === 0) return undefined;
    const fault = weighted(this.random, fitting);
    const bag = left.length > 0 ? this.bags.get(family)! : all;
    this.bags.set(family, bag.filter((other) => other !== fault));
    return fault;
  }

  private begin(): void {
    const weights = new Map([...this.families].map(([family, faults]) => [family, faults.reduce((sum, { weight }) => sum + weight, 0)]));
    const average = [...weights.values()].reduce((sum, weight) => sum + weight, 0) / weights.size;
    const turns = [...weights].flatMap(([family, weight]) => (weight > average ? [family, family] : [family]));
    // A turn that was kept comes first, and is not given twice.
    for (const kept of this.round) turns.splice(turns.indexOf(kept), turns.includes(kept) ? 1 : 0);
    this.round.push(...shuffled(this.random, turns));
  }
}
