import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Entry } from '@mela/testkit/chaos';
import { Command, InvalidArgumentError, Option } from 'commander';
import { report } from './checker/report.ts';
import { runChaos } from './chaos-run.ts';
import type { Shape } from './ground/open-ground.ts';
import type { Fault } from './nemesis/fault.ts';
import { allFaults } from './nemesis/faults/index.ts';
import { loadWorkloads } from './workloads.ts';

interface Options {
  minutes: number;
  seed: string;
  roles: Shape;
  people: number;
  screens: number;
  only?: Only;
  strikes?: number;
  plant?: string;
  keep?: true;
  json?: true;
}

interface Only {
  readonly words: readonly string[];
  readonly faults: readonly Fault[];
}

const positive = (text: string): number => {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('It is to be a number above 0.');
  return number;
};

const named = (part: string, before: Only = { words: [], faults: [] }): Only => {
  const faults = allFaults.filter(({ name }) => name.includes(part));
  if (faults.length === 0) throw new InvalidArgumentError(`No fault is called so. There are: ${allFaults.map(({ name }) => name).join(', ')}.`);
  return { words: [...before.words, part], faults: [...new Set([...before.faults, ...faults])] };
};

/** One at a time: together they may be longer than a string may be. */
function* linesOf(history: readonly Entry[]): Generator<string> {
  for (const entry of history) yield `${JSON.stringify(entry)}\n`;
}

const began = performance.now();
const tell = (line: string): void => void process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);

const ending = new AbortController();
const end = (): void => {
  if (ending.signal.aborted) return;
  tell('Told to end: everything is healed and closed');
  ending.abort(new Error('It was told to end, and judged nothing'));
};
process.on('SIGINT', end);
process.on('SIGTERM', end);
// Whoever started this is gone: the roles and the servers go with it.
process.on('disconnect', end);
// Listening to the channel is no reason to stay.
process.channel?.unref();

await new Command('chaos')
  .description('Breaks a Mela of its own on purpose, by a seed, while many people use it; then judges whether anything was lost, doubled or answered falsely')
  .option('--minutes <n>', 'how long', positive, 1)
  .option('--seed <seed>', 'the same seed makes the same choices', String(randomInt(1_000_000)))
  .addOption(new Option('--roles <shape>', 'a process for each role, or one for all').choices(['separate', 'all']).default('separate'))
  .option('--people <n>', 'how many people at once', positive, 40)
  .option('--screens <n>', 'how many live clients they have between them', positive, 200)
  .option('--only <fault...>', 'only faults whose name contains one of these', named)
  .option('--strikes <n>', 'end after so many, if they come before the time is over', positive)
  .option('--plant <file>', 'a module that every role loads first: for mistakes planted on purpose')
  .option('--keep', 'keep the folder with the data and the logs')
  .option('--json', 'end with one line of JSON')
  .action(async (options: Options) => {
    const folder = await mkdtemp(join(tmpdir(), 'mela-chaos-'));
    const { minutes, seed, roles: shape, people, screens, only, strikes, plant, keep } = options;
    tell(`Seed ${seed}: ${minutes} minutes, ${shape}, ${people} people, ${screens} screens; logs in ${join(folder, 'logs')}`);
    const environment = plant === undefined ? {} : { NODE_OPTIONS: `--import=${pathToFileURL(resolve(plant)).href}` };
    let failed = true;
    try {
      const workloads = await loadWorkloads();
      const run = await runChaos({ minutes, seed, shape, people, screens, folder, workloads, environment, faults: only?.faults ?? allFaults, strikes, keep, signal: ending.signal, tell });
      failed = run.verdict.violations.length > 0;
      process.stdout.write(report(run, { minutes, seed, roles: shape, people, screens, only: only?.words, strikes, plant, workloads }));
      if (failed || keep) await writeFile(join(folder, 'history.jsonl'), linesOf(run.evidence.history));
      if (options.json) process.stdout.write(`${JSON.stringify({ seed, roles: shape, minutes, passed: !failed, violations: run.verdict.violations, counts: run.verdict.counts, leftOut: run.leftOut, restarts: run.restarts })}\n`);
    } catch (fault) {
      if (!ending.signal.aborted) throw fault;
      tell((fault as Error).message);
    } finally {
      if (keep || failed) tell(`Kept: ${folder}`);
      else await rm(folder, { recursive: true, force: true });
    }
    // All is told and closed. Left to end by itself, Node 24 may wait in its last loop for ever, for a handle that never closes.
    process.exit(failed ? 1 : 0);
  })
  .parseAsync();
