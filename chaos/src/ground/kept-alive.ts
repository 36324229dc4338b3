import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Role } from './role.ts';

interface Options {
  readonly name: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly program?: URL;
  /** It ended though nobody had ended it. */
  readonly died: (how: string, wasReady: boolean) => void;
}

const PROGRAM = new URL('./role-process.js', import.meta.url);
const AGAIN_MS = { soonest: 100, latest: 2_000 };

/** Starts a role and starts it again whenever it ends, as an orchestrator would: soon at first, then ever later. */
export class KeptAlive implements Role {
  readonly name: string;
  restarts = 0;
  addresses: Readonly<Record<string, string>> = {};
  private child: ChildProcess | undefined;
  private isReady = false;
  private starting = Promise.withResolvers<void>();
  private backOffMs = AGAIN_MS.soonest;
  private again: NodeJS.Timeout | undefined;
  private onTop: Readonly<Record<string, string>> = {};
  /** How its process may end: it was told to, or will be by a fail point. */
  private readonly told = new Set<NodeJS.Signals>();
  private over = false;

  constructor(private readonly options: Options) {
    this.name = options.name;
    this.start();
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run at the moment`);
    return pid;
  }

  ready(): Promise<void> {
    return this.starting.promise;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.tell(signal);
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async restartWith(environment: Readonly<Record<string, string>>): Promise<void> {
    this.onTop = environment;
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    this.tell('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    this.over = true;
    clearTimeout(this.again);
    const { child } = this;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    const enough = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(enough);
  }

  private tell(signal: NodeJS.Signals): void {
    this.told.add(signal);
    this.child?.kill(signal);
  }

  private start(): void {
    this.told.clear();
    if (this.onTop['MELA_FAIL_POINT'] !== undefined) this.told.add('SIGKILL');
    const log = openSync(this.options.logFile, 'a');
    const env = { ...process.env, ...this.options.environment, ...this.onTop };
    this.onTop = {};
    const child = fork(this.options.program ?? PROGRAM, [this.name], { env, stdio: ['ignore', log, log, 'ipc'], execArgv: [] });
    closeSync(log);
    this.child = child;
    child.on('message', (message: { ready: Record<string, string> }) => {
      this.addresses = message.ready;
      this.backOffMs = AGAIN_MS.soonest;
      this.isReady = true;
      this.starting.resolve();
    });
    child.once('exit', (code, signal) => this.ended(code, signal));
    child.once('error', () => undefined);
  }

  private ended(code: number | null, signal: NodeJS.Signals | null): void {
    this.child = undefined;
    const obeyed = signal === null ? this.told.has('SIGTERM') && code === 0 : this.told.has(signal);
    if (!obeyed && !this.over) this.options.died(signal ?? `exit code ${code}`, this.isReady);
    if (this.isReady) this.starting = Promise.withResolvers();
    this.isReady = false;
    if (this.over) return;
    this.restarts += 1;
    this.again = setTimeout(() => this.start(), this.backOffMs);
    this.backOffMs = Math.min(this.backOffMs * 2, AGAIN_MS.latest);
  }
}
