import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startContainers } from './containers.ts';

export interface WorldAddresses {
  readonly api: string;
  readonly realtime: string;
  /** The data folder: other commands of the command line join the world with it. */
  readonly data: string;
}

/** How the same services are spread over processes; the flows pass in each. */
export type Shape = 'all' | 'bus' | 'separate';

const processesOf: Record<Shape, readonly string[]> = {
  all: ['all'],
  // Everything in one process, and still no request takes the short path.
  bus: ['all'],
  separate: ['identity', 'communities', 'api', 'realtime'],
};

const MELA = join(import.meta.dirname, '../../../cli/bin/mela.mjs');
const READY_WITHIN_MS = 180_000;

/** Starts the parts and the services as a person would, through the command line, and stops them all. */
export async function startWorld(shape: Shape): Promise<{ addresses: WorldAddresses; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'mela-world-'));
  const containers = await startContainers();
  const environment = {
    ...process.env, ...containers?.environment,
    API_PORT: '0', REALTIME_PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'warn', RATE_LIMITS: 'off', ASK_PATH: shape === 'bus' ? 'bus' : 'local',
  };
  const children: Child[] = [];
  const stop = async () => {
    for (const child of children.toReversed()) await child.stop();
    await containers?.stop();
    await rm(data, { recursive: true, force: true });
  };
  const begin = async (...args: string[]) => {
    const child = new Child([...args, '--data', data, '--json'], environment);
    children.push(child);
    return child.ready();
  };
  try {
    await begin('up', '--parts-only');
    const ready = await Promise.all(processesOf[shape].map((name) => begin('run', name)));
    const addresses = Object.assign({}, ...ready) as Record<string, string>;
    return { addresses: { api: addresses['api']!, realtime: addresses['realtime']!, data }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

class Child {
  private readonly process: ChildProcess;
  private readonly ended: Promise<unknown>;
  private said = '';

  constructor(
    private readonly args: readonly string[],
    environment: NodeJS.ProcessEnv,
  ) {
    this.process = spawn(process.execPath, [MELA, ...args], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr!.on('data', (chunk) => {
      this.said = (this.said + String(chunk)).slice(-8_000);
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
  }

  /** The line of JSON that says it is ready. */
  ready(): Promise<Record<string, string>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`mela ${this.args.join(' ')} ${why}:\n${this.said}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`), READY_WITHIN_MS);
      this.process.once('exit', (code) => fail(`ended with ${code}`));
      createInterface({ input: this.process.stdout! }).on('line', (line) => {
        if (!line.startsWith('{')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line));
      });
    });
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await this.ended;
  }
}
