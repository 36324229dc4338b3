import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runProgram } from '../src/processes/run-program.ts';

/** This machine's environment without addresses of servers: every part is then a private one. */
export const bareEnv: NodeJS.ProcessEnv = { ...process.env, DATABASE_ADMIN_URL: '', NATS_URL: '', REDIS_URL: '' };

/** A folder for one test. With a space in its name, for people have such folders. */
export async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mela infra '));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Another process that opens all three parts of a folder and then waits. */
export class Holder {
  readonly process: ChildProcess;
  readonly parts: { databaseAdminUrl: string; natsUrl: string; redisUrl: string };

  private constructor(process: ChildProcess, parts: Holder['parts']) {
    this.process = process;
    this.parts = parts;
  }

  static async of(folder: string): Promise<Holder> {
    const file = fileURLToPath(new URL('./holder.ts', import.meta.url));
    const child = spawn(process.execPath, [file, folder], { stdio: ['ignore', 'pipe', 'inherit'], env: bareEnv });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return new Holder(child, JSON.parse(line) as Holder['parts']);
  }

  /** The guardian: this process's only child. */
  guardian(): Promise<number> {
    return guardianOf(this.process.pid!);
  }

  async dies(): Promise<void> {
    const death = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await death;
  }
}

/** The guardian that a process started; where it has several, the one that keeps this server. */
export async function guardianOf(starter: number, server?: number): Promise<number> {
  const { stdout } = await runProgram('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  const all = stdout.trim().split('\n').map((line) => line.trim().split(/\s+/));
  const keeper = all.find(([pid]) => pid === String(server))?.[1];
  const guardian = all.find(([pid, ppid, ...args]) => args.join(' ').includes('guardian') && ppid === String(starter) && (server === undefined || pid === keeper));
  if (guardian === undefined) throw new Error(`The process ${starter} has no guardian`);
  return Number(guardian[0]);
}

export async function until(condition: () => boolean | Promise<boolean>, within: number): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${within} ms: ${condition.toString()}`);
    await pause(20);
  }
}
