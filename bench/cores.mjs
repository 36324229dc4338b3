import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** All threads of a process, and the processes it starts from then on, to one core. Answers false where that cannot be done: then nobody is pinned. @param {number} pid @param {number} core */
export async function pin(pid, core) {
  if (cpus().length < 2) return false;
  return run('taskset', ['-acp', String(core), String(pid)]).then(() => true, () => false);
}

/** What was pinned, to wherever there is room. @param {number} pid */
export const unpin = (pid) => run('taskset', ['-acp', `0-${cpus().length - 1}`, String(pid)]);

/** @returns {number[]} */
export const everyCore = () => cpus().map((_cpu, core) => core);

/** How busy some cores were between two looks, together, in percent. @param {readonly number[]} cores */
export function watchCores(cores) {
  const look = () => {
    const times = cores.map((core) => cpus()[core].times);
    return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((one) => Object.values(one))) };
  };
  const before = look();
  return () => {
    const after = look();
    return Math.round(100 * (1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)));
  };
}

const sum = (/** @type {readonly number[]} */ values) => values.reduce((all, one) => all + one, 0);
