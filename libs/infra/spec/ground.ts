import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

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
  async guardian(): Promise<number> {
    const { runProgram } = await import('../src/processes/run-program.ts');
    const { stdout } = await runProgram('ps', ['-A', '-o', 'pid=,ppid=,args=']);
    const line = stdout.split('\n').find((text) => text.includes('guardian') && text.trim().split(/\s+/)[1] === String(this.process.pid));
    return Number(line?.trim().split(/\s+/)[0]);
  }

  async dies(): Promise<void> {
    const death = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await death;
  }
}

export async function until(condition: () => boolean | Promise<boolean>, within: number): Promise<void> {
  const deadline = Date.now() + within;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${within} ms: ${condition.toString()}`);
    await pause(20);
  }
}
