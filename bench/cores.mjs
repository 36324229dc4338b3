import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** All threads of a process, and the processes it starts from then on, to one core. Answers false where that cannot be done: then nobody is pinned. @param {number} pid @param {number} core */
export async function pin(pid, core) {
  if (cpus().length < 2) return false;
  return bind(pid, String(core));
}

/** To wherever there is room. @param {number} pid */
export const unpin = (pid) => bind(pid, `0-${cpus().length - 1}`);

/** @param {number} pid @param {string} cores */
const bind = (pid, cores) => run('taskset', ['-acp', cores, String(pid)]).then(() => true, () => false);

/** How busy a core was between two looks, in percent. @param {number} core */
export function watchCore(core) {
  const look = () => {
    const times = cpus()[core].times;
    return { idle: times.idle, all: Object.values(times).reduce((sum, one) => sum + one, 0) };
  };
  const before = look();
  return () => {
    const after = look();
    return Math.round(100 * (1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)));
  };
}
