import type { Evidence, Violation, Workload } from '@mela/testkit/chaos';
import { answersGiven } from './invariants/answers-given.ts';
import { answersKept } from './invariants/answers-kept.ts';
import { committedIsTold } from './invariants/committed-is-told.ts';
import { effectsOnce } from './invariants/effects-once.ts';
import { following } from './invariants/following.ts';
import { hearingAfterLeaving } from './invariants/hearing-after-leaving.ts';
import { hearingBeforeJoining } from './invariants/hearing-before-joining.ts';
import { hearingThePast } from './invariants/hearing-the-past.ts';
import type { Judge, Limits } from './invariants/judge.ts';
import { ownOf } from './invariants/own.ts';
import { processes } from './invariants/processes.ts';
import { proof } from './invariants/proof.ts';
import { recovery } from './invariants/recovery.ts';
import { screens } from './invariants/screens.ts';
import { versionsInOrder } from './invariants/versions-in-order.ts';

interface Named {
  readonly name: string;
  readonly judge: Judge;
}

const everywhere: readonly Named[] = [
  { name: 'I1', judge: committedIsTold },
  { name: 'I2', judge: effectsOnce },
  { name: 'I3', judge: versionsInOrder },
  { name: 'I5', judge: answersKept },
  { name: 'I5', judge: answersGiven },
  { name: 'I6', judge: recovery },
  { name: 'processes', judge: processes },
  { name: 'screens', judge: screens },
  { name: 'screens', judge: following },
  { name: 'screens', judge: hearingBeforeJoining },
  { name: 'screens', judge: hearingThePast },
  { name: 'screens', judge: hearingAfterLeaving },
  { name: 'proof', judge: proof },
];

/** All invariants, or those of one name. A judge that breaks says nothing good of the run: that is a violation too. */
export function violationsOf(evidence: Evidence, workloads: readonly Workload[], limits: Limits, only?: string): Violation[] {
  return [...everywhere, ...ownOf(workloads)]
    .filter(({ name }) => only === undefined || name === only)
    .flatMap(({ name, judge }) => {
      try {
        return judge(evidence, workloads, limits);
      } catch (fault) {
        return [{ invariant: name, what: `The judge itself broke: ${(fault as Error).message}`, about: [] }];
      }
    });
}
