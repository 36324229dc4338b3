import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProcessIdentity } from '../processes/process-identity.ts';
import { killProcess, stopProcess } from '../processes/stop-process.ts';
import type { Launch, News, Order } from './orders.ts';

/** A server that a guardian runs for us. */
export interface Guarded {
  identity: ProcessIdentity;
  /** Settles when the server has ended, with how. */
  ended: Promise<string>;
  /** Asks politely, waits `patience` milliseconds, then kills. */
  stop(patience: number): Promise<void>;
  kill(): Promise<void>;
}

interface Entry {
  launched: PromiseWithResolvers<ProcessIdentity>;
  ended: PromiseWithResolvers<string>;
  over: boolean;
}

/** This process's side of the guardian: see guardian.ts. One guard may keep several servers. */
export class Guard {
  private readonly process: ChildProcess;
  private readonly entries = new Map<number, Entry>();
  private waiting = 0;
  private lost = false;

  constructor() {
    // The same file in the sources (node strips the types) and in the build.
    const file = fileURLToPath(new URL(`./guardian${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
    this.process = fork(file, [], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [], env: ownEnvironment(), cwd: '/' });
    this.process.on('message', (news: News) => this.hear(news));
    this.process.on('exit', () => this.mourn());
    // One that was told to end lets go of the channel first: what it stops then is not to be started again.
    this.process.on('disconnect', () => this.mourn());
    this.process.on('error', () => this.mourn());
    // A program that forgets to stop its parts may end all the same: the guardian then stops them.
    this.process.unref();
    this.process.channel?.unref();
  }

  get isLost(): boolean {
    return this.lost;
  }

  async launch(launch: Launch): Promise<Guarded> {
    const id = this.entries.size;
    const entry: Entry = { launched: Promise.withResolvers(), ended: Promise.withResolvers(), over: false };
    entry.launched.promise.catch(() => undefined);
    this.entries.set(id, entry);
    const identity = await this.awake(() => {
      this.order({ do: 'launch', id, launch });
      return entry.launched.promise;
    });
    const end = (order: Order, alone: () => Promise<void>) =>
      this.awake(async () => {
        if (entry.over && !this.lost) return;
        if (this.lost) return alone();
        this.order(order);
        await entry.ended.promise;
        // The guardian may have died over it; then nobody else ends the server.
        if (this.lost) await alone();
      });
    return {
      identity,
      ended: entry.ended.promise,
      stop: (patience) => end({ do: 'stop', id, patience }, () => stopProcess(identity, launch.farewell, patience)),
      kill: () => end({ do: 'kill', id }, () => killProcess(identity, launch.farewell)),
    };
  }

  /** Lets the guardian go; it stops whatever it still keeps. */
  close(): void {
    if (this.process.connected) this.process.disconnect();
  }

  private order(order: Order): void {
    if (this.lost || !this.process.connected) throw new Error('The guardian of the servers is gone');
    this.process.send(order, () => undefined);
  }

  private hear(news: News): void {
    const entry = this.entries.get(news.id);
    if (news.is === 'launched') entry?.launched.resolve(news.identity);
    if (news.is === 'refused') entry?.launched.reject(new Error(news.why));
    if (news.is === 'ended') {
      entry?.launched.reject(new Error(`ended at once (${news.how})`));
      if (entry !== undefined) entry.over = true;
      entry?.ended.resolve(news.how);
    }
  }

  private mourn(): void {
    this.lost = true;
    for (const entry of this.entries.values()) {
      entry.launched.reject(new Error('The guardian of the servers died'));
      entry.ended.resolve('its guardian died');
    }
  }

  /** Keeps this process alive while an answer is due, and only then. */
  private async awake<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting++ === 0) this.process.channel?.ref();
    try {
      return await work();
    } finally {
      if (--this.waiting === 0) this.process.channel?.unref();
    }
  }
}

/** Flags meant for this process (a debugger's port, a test runner's loader) would break the guardian. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, VITEST: _vitest, ...rest } = process.env;
  return rest;
}
