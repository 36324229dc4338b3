import type { Evidence, Violation, Workload } from '@mela/testkit/chaos';
import { countsOf, type Counts } from './counts.ts';
import { usualLimits, type Limits } from './invariants/judge.ts';
import { violationsOf } from './judges.ts';

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly counts: Counts;
  /** What it was judged by: the stories are found by the same. */
  readonly limits: Limits;
}

/** After a run has ended, its faults are healed and everything is settled. */
export function judge(evidence: Evidence, workloads: readonly Workload[], options: Partial<Limits> = {}): Verdict {
  const limits = { ...usualLimits, ...options };
  return { violations: unlike(violationsOf(evidence, workloads, limits)), counts: countsOf(evidence), limits };
}

/** What two people saw of one thing in the same words is one violation. */
const unlike = (violations: readonly Violation[]): Violation[] => [...new Map(violations.map((one) => [`${one.invariant} ${one.what}`, one])).values()];
