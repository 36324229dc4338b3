import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { RunningProcess } from '@mela/chassis';

const PROGRAM = new URL('./gateway.process.fixture.ts', import.meta.url);

/** A gateway in a process of its own. It ends when it is told to, at a fail point, or with the tests. */
export class MortalGateway implements RunningProcess {
  /** Settled when it is gone: by which signal, if by one. */
  readonly died: Promise<NodeJS.Signals | null>;
  /** Its log, so far. */
  said = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly addresses: RunningProcess['addresses'],
  ) {
    this.died = child.exitCode !== null || child.signalCode !== null ? Promise.resolve(child.signalCode) : once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
    child.stderr!.on('data', (text) => {
      this.said += String(text);
      process.stderr.write(text);
    });
  }

  static async start(environment: Record<string, string>): Promise<MortalGateway> {
    // What a test runner tells its own processes is nothing to this one.
    const child = fork(PROGRAM, { env: { PATH: process.env['PATH'], OPS_PORT: '0', ...environment }, execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['inherit', 'inherit', 'pipe', 'ipc'] });
    const [addresses] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => Promise.reject(new Error(`The gateway ended with ${code} before it was there`)))])) as [Record<string, string>];
    return new MortalGateway(child, addresses);
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<NodeJS.Signals | null> {
    this.child.kill(signal);
    return this.died;
  }

  /** As an orchestrator does it: it says good-bye to everybody and ends. */
  async stop(): Promise<void> {
    await this.kill('SIGTERM');
  }
}
