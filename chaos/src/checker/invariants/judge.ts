import type { Evidence, Violation, Workload } from '@mela/testkit/chaos';

/** Looks at what is left after a run and says what should not be so. Pure: of a part of the history it can be asked again. */
export type Judge = (evidence: Evidence, workloads: readonly Workload[], limits: Limits) => readonly Violation[];

export interface Limits {
  /** From a fault's healing until everything works again. */
  readonly recoverWithinMs: number;
  /** An attempt that takes longer hangs. */
  readonly answerWithinMs: number;
  /** Faults that may stop the front door itself: nobody behind it can answer then, so while they last no attempt hangs. */
  readonly frontDoorStops: (fault: string) => boolean;
}

export const usualLimits: Limits = { recoverWithinMs: 30_000, answerWithinMs: 20_000, frontDoorStops: (fault) => fault === 'role frozen' };
