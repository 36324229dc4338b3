import { join } from 'node:path';
import type { Evidence, Workload } from '@mela/testkit/chaos';
import { gather } from './checker/gather.ts';
import { usualLimits } from './checker/invariants/judge.ts';
import { judge, type Verdict } from './checker/verdict.ts';
import { openGround, type Shape } from './ground/open-ground.ts';
import { operatorAt } from './ground/operator.ts';
import { refusalsIn } from './ground/refusals.ts';
import { History } from './history/history.ts';
import type { Fault } from './nemesis/fault.ts';
import { unleash, type LeftOut } from './nemesis/nemesis.ts';
import { Audience } from './people/audience.ts';
import { Crowd } from './people/crowd.ts';
import { Post } from './people/post.ts';
import { Probe } from './probe.ts';
import { randomOf } from './seed.ts';
import { untilSettled } from './settled.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: string;
  readonly shape: Shape;
  readonly people: number;
  /** Live clients: all of them people's. */
  readonly screens: number;
  readonly folder: string;
  readonly workloads: readonly Workload[];
  readonly faults: readonly Fault[];
  readonly strikes?: number | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whatever comes of it, what the servers had stays in the folder. */
  readonly keep?: boolean | undefined;
  /** Ends it early: everything is healed and closed, and nothing is judged. */
  readonly signal?: AbortSignal | undefined;
  readonly tell: (line: string) => void;
}

export interface ChaosRun {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  readonly leftOut: LeftOut;
  /** How often each role was started again. */
  readonly restarts: Readonly<Record<string, number>>;
}

/** Everybody who asked gets an answer within this time once nothing is broken any more. */
const PATIENCE_MS = 45_000;
const SETTLED_WITHIN_MS = 60_000;
/** A client waits half a minute at most before it comes back. */
const CAUGHT_UP_WITHIN_MS = 60_000;

/** Many people at work, everything broken around them by the seed, and then a judgement of what is left. */
export async function runChaos(options: ChaosOptions): Promise<ChaosRun> {
  const { minutes, seed, shape, people, screens, folder, workloads, faults, strikes, environment = {}, signal, tell } = options;
  const random = randomOf(seed);
  const history = new History();
  tell(`Starting the servers and the roles (${shape})`);
  const died = (role: string, how: string, wasReady: boolean): void => {
    tell(`${role} ended by itself: ${how}`);
    history.record({ kind: 'died', role, at: history.now(), how, wasReady });
  };
  const ground = await openGround({ folder, shape, environment, died });
  let keep = true;
  let audience: Audience | undefined;
  try {
    const post = new Post(history);
    post.watch(ground.mailbox);
    const probe = new Probe(ground, history, workloads, post);
    const crowd = new Crowd({ api: ground.api, history, random: random.fork('crowd'), workloads, people, post, operates: operatorAt(ground.natsUrl) });
    audience = new Audience({ realtime: ground.realtime, history, random: random.fork('audience'), workloads, people: crowd.people, screens });
    crowd.begin();
    audience.begin();
    await probe.begin();
    const leftOut = await unleash({ ground, random: random.fork('nemesis'), faults, strikes, until: history.now() + minutes * 60_000, clock: history.now, probe: () => probe.succeeds(), missing: () => probe.missing, tell, record: history.record, signal });
    signal?.throwIfAborted();
    tell('All is healed: the crowd comes to rest');
    await crowd.rest(PATIENCE_MS);
    await audience.rest();
    const left = await untilSettled(ground, workloads, SETTLED_WITHIN_MS);
    if (left !== undefined) tell(`Not everything has settled: ${left}`);
    const evidence = await gather({ databases: ground.databases, natsUrl: ground.natsUrl, workloads, history: history.entries });
    const behind = await audience.untilCaughtUp(evidence.stream, CAUGHT_UP_WITHIN_MS);
    if (behind !== undefined) tell(`Not everybody has heard everything: ${behind}`);
    const restarts = Object.fromEntries(ground.roles.map(({ name, restarts: times }) => [name, times]));
    const judged = judge(evidence, workloads, { least: { ...usualLimits.least, screens } });
    const verdict = { ...judged, violations: [...(await refusalsIn(join(folder, 'logs'))), ...judged.violations] };
    keep = options.keep === true || verdict.violations.length > 0;
    return { verdict, evidence, leftOut, restarts };
  } finally {
    audience?.close();
    await ground.close({ keep });
  }
}
