import { join } from 'node:path';
import type { Evidence, Workload } from '@mela/testkit/chaos';
import { gather } from './checker/gather.ts';
import { judge, type Verdict } from './checker/verdict.ts';
import { openGround, type Shape } from './ground/open-ground.ts';
import { refusalsIn } from './ground/refusals.ts';
import { History } from './history/history.ts';
import { allFaults } from './nemesis/faults/index.ts';
import { unleash } from './nemesis/nemesis.ts';
import { Crowd } from './people/crowd.ts';
import { Probe } from './probe.ts';
import { randomOf } from './seed.ts';
import { untilSettled } from './settled.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: string;
  readonly shape: Shape;
  readonly people: number;
  readonly folder: string;
  readonly workloads: readonly Workload[];
  /** Only faults whose name contains one of these. */
  readonly only?: readonly string[];
  readonly strikes?: number | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly tell: (line: string) => void;
}

export interface ChaosRun {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  /** How often each role was started again. */
  readonly restarts: Readonly<Record<string, number>>;
}

/** Everybody who asked gets an answer within this time once nothing is broken any more. */
const PATIENCE_MS = 45_000;
const SETTLED_WITHIN_MS = 60_000;
const SCREENS = 6;

/** Many people at work, everything broken around them by the seed, and then a judgement of what is left. */
export async function runChaos({ minutes, seed, shape, people, folder, workloads, only, strikes, environment = {}, tell }: ChaosOptions): Promise<ChaosRun> {
  const random = randomOf(seed);
  const history = new History();
  tell(`Starting the servers and the roles (${shape})`);
  const ground = await openGround({ folder, shape, environment });
  try {
    const probe = await Probe.open(ground, history);
    const crowd = new Crowd({ api: ground.api, realtime: ground.realtime, history, random: random.fork('crowd'), workloads, people, screens: SCREENS });
    crowd.begin();
    const faults = allFaults.filter(({ name }) => only === undefined || only.some((part) => name.includes(part)));
    await unleash({ ground, random: random.fork('nemesis'), faults, strikes, until: history.now() + minutes * 60_000, clock: history.now, probe: () => probe.succeeds(), missing: () => probe.missing, tell, record: history.record });
    tell('All is healed: the crowd comes to rest');
    await crowd.rest(PATIENCE_MS);
    const left = await untilSettled(ground, SETTLED_WITHIN_MS);
    if (left !== undefined) tell(`Not everything has settled: ${left}`);
    const evidence = await gather({ databases: ground.databases, natsUrl: ground.natsUrl, workloads, history: history.entries });
    const restarts = Object.fromEntries(ground.roles.map(({ name, restarts: times }) => [name, times]));
    const verdict = judge(evidence, workloads);
    return { verdict: { ...verdict, violations: [...(await refusalsIn(join(folder, 'logs'))), ...verdict.violations] }, evidence, restarts };
  } finally {
    await ground.close();
  }
}
