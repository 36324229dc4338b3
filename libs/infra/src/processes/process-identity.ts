import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A pid alone proves nothing: it is reused, soonest of all in a container.
 * A pid with the moment its process began does.
 */
export interface ProcessIdentity {
  pid: number;
  began: string;
}

/** Undefined when no such process runs; one that is dead and not yet buried does not run. */
export function identify(pid: number): ProcessIdentity | undefined {
  const began = process.platform === 'linux' ? beganByProc(pid) : beganByPs(pid);
  return began === undefined ? undefined : { pid, began };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.began === identity.began;
}

export function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    const { pid, began } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessIdentity>;
    return Number.isInteger(pid) && pid !== undefined && pid > 0 && typeof began === 'string' ? { pid, began } : undefined;
  } catch {
    return undefined;
  }
}

/** The command line of a running process, as far as this user may see it. */
export function commandLine(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return ps(pid, 'command=');
  } catch {
    return undefined;
  }
}

let bootId: string | undefined;

function beganByProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the name, in parentheses, and may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticksSinceBoot] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X' || ticksSinceBoot === undefined) return undefined;
  bootId ??= readBootId();
  return `${bootId} ${ticksSinceBoot}`;
}

/** Ticks since which boot: some sandboxes do not say, and have but one. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'this boot';
  }
}

function beganByPs(pid: number): string | undefined {
  try {
    if (ps(pid, 'state=').startsWith('Z')) return undefined;
    return ps(pid, 'lstart=') || undefined;
  } catch {
    return undefined;
  }
}

function ps(pid: number, column: string): string {
  return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, LC_ALL: 'C' } }).trim();
}
