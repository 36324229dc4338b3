import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, vi } from 'vitest';
import { projectRoot } from '../src/project.ts';

export interface Ready {
  api: string;
  realtime: string;
  people: { email: string; password: string }[];
}

const MELA = ['node', 'cli/bin/mela.mjs'];
const OF_TESTS = { API_PORT: '0', REALTIME_PORT: '0', MAILBOX_PORT: '0', OIDC_PORT: '0', OPS_PORT: '0' };

/** A command as a person would start it, with everything it starts in turn. */
export class Started {
  private readonly child: ChildProcess;
  readonly exit: Promise<number | null>;
  private readonly firstLine: Promise<string>;
  stderr = '';

  private constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    const [program = '', ...args] = command;
    this.child = spawn(program, args, { cwd: projectRoot, env: { ...process.env, ...OF_TESTS, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr!.on('data', (chunk) => (this.stderr += String(chunk)));
    this.exit = new Promise((resolve) => this.child.once('close', resolve));
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    createInterface({ input: this.child.stdout! }).on('line', (line) => line.startsWith('{') && resolve(line));
    this.child.once('close', (code) => reject(new Error(`${command.join(' ')} ended with ${code}:\n${this.stderr}`)));
    promise.catch(() => undefined);
    this.firstLine = promise;
  }

  static mela(args: string, env: NodeJS.ProcessEnv = {}): Started {
    return new Started([...MELA, ...args.split(' ')], env);
  }

  static npm(args: string): Started {
    return new Started(['npm', ...args.split(' ')], {});
  }

  /** The first line of JSON on stdout. */
  async json<T = Ready>(): Promise<T> {
    return JSON.parse(await this.firstLine) as T;
  }

  /** This process and all below it, guardian and servers included. */
  family(): Family {
    const all = processes();
    const members = new Set([this.child.pid!]);
    for (let grown = true; grown; ) {
      const before = members.size;
      for (const { pid, ppid } of all) if (members.has(ppid)) members.add(pid);
      grown = members.size > before;
    }
    return new Family(all.filter(({ pid }) => members.has(pid)));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Whatever became of the test, nothing stays behind. */
  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.exit;
  }
}

interface Known {
  pid: number;
  ppid: number;
  began: string;
  args: string;
}

export class Family {
  constructor(private readonly members: readonly Known[]) {}

  /** The member whose command line holds this text. */
  pid(text: string): number {
    const member = this.members.find(({ args }) => args.includes(text));
    if (!member) throw new Error(`No ${text} among\n${this.members.map(({ args }) => args).join('\n')}`);
    return member.pid;
  }

  alive(): string[] {
    const now = new Set(processes().map(({ pid, began }) => `${pid} ${began}`));
    return this.members.filter(({ pid, began }) => now.has(`${pid} ${began}`)).map(({ args }) => args);
  }

  async isGone(withinMs: number): Promise<void> {
    await vi.waitFor(() => expect(this.alive()).toEqual([]), { timeout: withinMs, interval: 50 });
  }
}

function processes(): Known[] {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,lstart=,args='], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  return listed.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line);
    return match && !match[3]!.startsWith('Z') ? [{ pid: Number(match[1]), ppid: Number(match[2]), began: match[4]!, args: match[5]! }] : [];
  });
}
