import { execFile } from 'node:child_process';

export interface Run {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  timeout?: number;
  uid?: number | undefined;
  gid?: number | undefined;
}

export interface Ran {
  ok: boolean;
  stdout: string;
  /** The last lines of what it said, for a fault's message. */
  said: string;
}

/** Runs a short-lived program to its end. Never throws: what went wrong is in the answer. */
export function runProgram(command: string, args: readonly string[], run: Run = {}): Promise<Ran> {
  const { uid, gid, ...rest } = run;
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000, maxBuffer: 64 << 20, killSignal: 'SIGKILL', ...rest, ...identity }, (fault, stdout, stderr) => {
      if (fault === null) return resolve({ ok: true, stdout, said: lastLines(stderr || stdout) });
      const slow = fault.killed === true ? `no answer within ${(run.timeout ?? 10_000) / 1000} s` : '';
      resolve({ ok: false, stdout, said: [slow, lastLines(stderr || stdout || fault.message)].filter(Boolean).join(': ') });
    });
  });
}

export function lastLines(text: string, count = 6): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
