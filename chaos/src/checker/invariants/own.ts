import type { Violation, Workload } from '@mela/testkit/chaos';
import type { Judge } from './judge.ts';

/** What a service holds itself to, under its name. I4, the ledger's, will be one of them. */
export const ownOf = (workloads: readonly Workload[]): { readonly name: string; readonly judge: Judge }[] =>
  workloads.flatMap(({ service, invariants = [] }) =>
    invariants.map((own) => {
      const name = `${service}: ${own.name}`;
      return { name, judge: (evidence): Violation[] => own.judge(evidence).map((violation) => ({ ...violation, invariant: name })) };
    }),
  );
