import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Result {
  name: string;
  unit: string;
  ours: number;
  peer: number | null;
  goal: number | null;
  holds: boolean | null;
}

const run = promisify(execFile);
/** `npm run bench` as a person would run it, without the building before. */
const MAIN = join(import.meta.dirname, 'main.mjs');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mela-bench-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the benchmark of the spine', () => {
  it('loses nothing in a small round, and keeps what it found', async () => {
    const file = join(folder, 'latest.json');
    // A goal that so small a round misses is no fault here: how fast it was is not looked at.
    const args = [MAIN, 'spine', '--events', '2000', '--rounds', '1', '--seed', '7', '--results', file];
    const { stdout, stderr, code = 0 } = await run(process.execPath, args).catch((fault) => fault as { stdout: string; stderr: string; code: number });
    const results = JSON.parse(await readFile(file, 'utf8').catch(() => Promise.reject(new Error(stderr)))) as Result[];

    const rate = expect.any(Number) as number;
    const both = [rate, rate];
    const beside = { ours: rate, peer: rate, peerName: expect.any(String), unit: 'events/s', ratio: rate, range: { ours: both, peer: both, ratio: both } };
    const measured = expect.objectContaining({ at: expect.stringMatching(/^2.*Z$/), cores: rate, node: process.versions.node, events: 2000, rounds: 1, seed: 7 });
    expect(results).toEqual([
      { name: 'spine.relay', ...beside, goal: 0.7, holds: expect.any(Boolean), measured },
      { name: 'spine.relay-and-leanest', ...beside, goal: null, holds: null, measured },
      { name: 'spine.consumer', ...beside, goal: 0.4, holds: expect.any(Boolean), measured },
      { name: 'spine.consumer-and-leanest', ...beside, goal: null, holds: null, measured },
      { name: 'spine.consumer-plain', ...beside, goal: null, holds: null, measured },
      {
        name: 'spine.end-to-end', ours: rate, peer: null, peerName: null, unit: 'events/s', ratio: null,
        range: { ours: both, peer: null, ratio: null }, goal: null, holds: null, measured,
      },
    ]);
    for (const { name } of results) expect(stdout).toContain(name);
    // What is said of a goal is what the rates say, and the exit code says it too.
    const judged = results.filter(({ goal }) => goal !== null);
    for (const { name, ours, peer, goal, holds } of judged) expect(holds, name).toBe(ours / peer! >= goal!);
    expect(code).toBe(judged.every(({ holds }) => holds) ? 0 : 1);
  }, 120_000);
});

describe('the benchmark of signing in', () => {
  it('tells what it costs beside the hash', async () => {
    const file = join(folder, 'sign-in.json');
    const { stderr } = await run(process.execPath, [MAIN, 'sign-in', '--small', '--rounds', '1', '--seed', '7', '--results', file]).catch((fault) => fault as { stderr: string });
    const [row, ...more] = JSON.parse(await readFile(file, 'utf8').catch(() => Promise.reject(new Error(stderr)))) as Result[];
    expect(more).toEqual([]);
    expect(row).toMatchObject({ name: 'sign-in.time', unit: 'ms', goal: 1.2 });
    // Which of the two takes longer is the benchmark's to say: ten of each are too few.
    expect(Math.min(row!.ours, row!.peer!)).toBeGreaterThan(0);
  }, 120_000);
});

describe('the benchmark of the fan-out', () => {
  it('sees everybody hear everything in a small round', async () => {
    const file = join(folder, 'fanout.json');
    const { stderr } = await run(process.execPath, [MAIN, 'fanout', '--small', '--rounds', '1', '--seed', '7', '--results', file]).catch((fault) => fault as { stderr: string });
    const results = JSON.parse(await readFile(file, 'utf8').catch(() => Promise.reject(new Error(stderr)))) as Result[];
    expect(results.map(({ name, unit, goal }) => [name, unit, goal])).toEqual([
      ['fanout.burst', 'deliveries/s', 3],
      ['fanout.burst-and-bare', 'deliveries/s', null],
      ['fanout.cpu-per-delivery', 'µs', 1.3],
      ['fanout.cpu-per-delivery-and-socket-io', 'µs', null],
      ['fanout.memory-per-idle-connection', 'kB', 12],
      ['fanout.commit-to-screen-p99-pinned', 'ms', null],
      ['fanout.commit-to-screen-p99', 'ms', 2],
    ]);
    expect(results.at(-1)).toMatchObject({ pinned: false });
    for (const { name, ours, peer } of results) expect([ours, peer], name).toEqual([expect.any(Number), expect.any(Number)]);
  }, 120_000);
});
