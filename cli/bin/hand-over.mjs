/**
 * Runs a program of ours in a child process and shares its fate, in both directions.
 * Plain JavaScript on Node 18 and later: it works before anything is installed.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

const LOOK_EVERY_MS = 250;
// Everything is to be gone within 5 s, and the guardian of the servers needs its part of them.
const PATIENCE_MS = 3_000;

/** The Node that the project brings along; this one where the download was left out and this one is new enough. */
export function projectNode(root) {
  const own = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(own)) return own;
  return Number(process.versions.node.split('.')[0]) >= 22 ? process.execPath : undefined;
}

/**
 * Starts the program, passes signals to it and answers its exit code. The channel between the two closes when this
 * process dies, kill -9 included: that is how the child learns of it.
 */
export function handOver(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    const pass = (signal) => child.kill(signal);
    const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
    for (const signal of signals) process.on(signal, pass);
    const unwatch = watchStarter(() => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref();
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const one of signals) process.off(one, pass);
      unwatch();
      resolve(code === null ? 128 + (constants.signals[signal] || 1) : code);
    });
  });
}

/**
 * Calls back when npm, or the shell it put between itself and us, is gone: nobody would pass a signal on any more.
 * The same holds for a subshell that does nothing but wait for npm, as `(cd mela && npm start) &` makes one: what its
 * job's number is told, we are meant to hear. A shell that went on to other things may end without us.
 * Started by hand, a program may well outlive its shell; then nothing is watched.
 */
export function watchStarter(gone) {
  if (process.env.npm_lifecycle_event === undefined && process.env.npm_command === undefined) return () => undefined;
  const parent = process.ppid;
  if (parent <= 1) return () => undefined;
  const links = [];
  let over = false;
  const report = () => {
    if (over) return;
    over = true;
    clearInterval(timer);
    gone();
  };
  const watchSubshellOf = (npm, ppid) => {
    if (isSubshell(ppid)) links.push([npm, ppid]);
  };
  describe(parent, ({ name, ppid }) => {
    if (!shell.test(name)) return watchSubshellOf(parent, ppid);
    if (ppid <= 1) return undefined;
    links.push([parent, ppid]);
    return describe(ppid, (npm) => watchSubshellOf(ppid, npm.ppid));
  });
  const timer = setInterval(() => {
    if (process.ppid !== parent) return report();
    for (const [child, expected] of links) describe(child, ({ ppid }) => ppid === expected || report());
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => {
    over = true;
    clearInterval(timer);
  };
}

const shell = /^-?(.*\/)?(sh|ash|dash|bash|zsh|ksh)$/;

/** A shell that forked and runs no other program: it carries its parent's very words. */
function isSubshell(pid) {
  if (process.platform !== 'linux' || pid <= 1) return false;
  try {
    const words = (one) => readFileSync(`/proc/${one}/cmdline`, 'utf8');
    const { name, ppid } = statOf(pid);
    return shell.test(name) && ppid > 1 && words(pid) === words(ppid);
  } catch {
    return false;
  }
}

function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const end = stat.lastIndexOf(')');
  return { name: stat.slice(stat.indexOf('(') + 1, end), ppid: Number(stat.slice(end + 2).split(' ')[1]) };
}

/** A living process's name and parent; no answer where the platform does not tell. */
function describe(pid, answer) {
  if (process.platform === 'linux') {
    try {
      answer(statOf(pid));
    } catch {
      // Dead: the change of our own parent tells it.
    }
    return;
  }
  execFile('ps', ['-o', 'ppid=,comm=', '-p', String(pid)], (fault, stdout) => {
    const match = /^\s*(\d+)\s+(.+?)\s*$/.exec(fault ? '' : stdout);
    if (match) answer({ name: match[2], ppid: Number(match[1]) });
  });
}
