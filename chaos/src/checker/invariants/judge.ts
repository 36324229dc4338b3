import type { Evidence, Struck, Violation, Workload } from '@mela/testkit/chaos';

/** Looks at what is left after a run and says what should not be so. Pure: of a part of the history it can be asked again. */
export type Judge = (evidence: Evidence, workloads: readonly Workload[], limits: Limits) => readonly Violation[];

export interface Limits {
  /** From a fault's healing until everything works again. */
  readonly recoverWithinMs: number;
  /** An attempt that takes longer hangs. */
  readonly answerWithinMs: number;
  /** Roles that people speak to: what strikes one of them may break off what it was asked. */
  readonly frontDoor: ReadonlySet<string>;
  /** Faults under which a role stands still. While the front door does, nobody can answer and no attempt hangs. */
  readonly standsStill: ReadonlySet<string>;
  /** A fault that was tried more often and always missed proves nothing. */
  readonly missesAtMost: number;
  /** With less than this a run has proved nothing. */
  readonly least: Least;
}

export interface Least {
  readonly strikes: number;
  readonly acknowledged: number;
  readonly heard: number;
  /** Screens that ever heard a topic as it happened. */
  readonly screens: number;
  /** Topics that went on where they were on another line. */
  readonly resumes: number;
  /** Aggregates that were changed after they were made. */
  readonly revised: number;
}

export const usualLimits: Limits = {
  recoverWithinMs: 30_000,
  answerWithinMs: 13_000,
  frontDoor: new Set(['api', 'all']),
  standsStill: new Set(['role frozen']),
  missesAtMost: 4,
  least: { strikes: 1, acknowledged: 1, heard: 1, screens: 1, resumes: 1, revised: 1 },
};

export const strikesOn = (roles: ReadonlySet<string>, history: Evidence['history']): Struck[] =>
  history.filter((entry): entry is Struck => entry.kind === 'struck' && entry.roles.some((role) => roles.has(role)));
