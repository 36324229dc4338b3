import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { allFaults } from '../src/nemesis/faults/index.ts';
import { chaos, withoutVerdict } from './chaos-command.ts';

const familiesOf = (faults: Readonly<Record<string, number>>) => new Set(allFaults.filter(({ name }) => name in faults).map(({ family }) => family));

/** Less than a minute, and all the patience that a run has with what does not work, its verdict and its stories included. */
const LIMIT_MS = 360_000;

describe('a run', () => {
  // Always the same choices: a longer run with a seed of its own is for `npm run chaos`.
  it.for(['separate', 'all'])('loses, doubles and falsely answers nothing while everything is broken (%s)', { timeout: LIMIT_MS }, async (roles, { signal }) => {
    const { passed, report, counts } = await chaos(signal, '--minutes', '0.9', '--seed', 'npm test', '--roles', roles, '--screens', '40');
    expect(passed, report).toBe(true);
    expect(familiesOf(counts.faults).size, report).toBeGreaterThanOrEqual(5);
    expect(counts.recoveries, report).toBeGreaterThanOrEqual(5);
    expect(counts.acknowledged, report).toBeGreaterThan(200);
    expect(counts.events, report).toBeGreaterThan(400);
    expect(counts.heard, report).toBeGreaterThan(100);
    expect(counts.highestVersion, report).toBeGreaterThan(10);
  });

  it('of faults that nobody knows is refused', async ({ signal }) => {
    expect(await withoutVerdict(signal, ['--only', 'role kiled'])).toContain('No fault is called so. There are: role killed, ');
  });

  it('that is told to end heals and closes everything, and leaves no disk behind', async ({ signal }) => {
    const report = await withoutVerdict(signal, ['--minutes', '1', '--people', '5', '--screens', '5', '--only', 'role frozen'], 'SIGSTOP of');
    expect(report).toContain('judged nothing');
    const [, folder] = /Kept: (\S+)/.exec(report)!;
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(folder);
  }, 60_000);
});
