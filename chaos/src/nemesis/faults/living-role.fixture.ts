import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Mailbox, SmtpSandbox } from '@mela/sandbox';
import type { Ground } from '../../ground/ground.ts';
import type { Role } from '../../ground/role.ts';

/** What a role says about itself, again and again. */
interface Sign {
  /** Its clock. */
  readonly now: number;
}

/** The whole library would take a second to load, and these processes are to begin at once. */
const FAIL_POINTS = new URL('../../../../libs/bus/src/fail-points.ts', import.meta.url).href;

/** A process that is started again whenever it ends, and lives so lightly that a spec can afford a few. */
export class LivingRole implements Role {
  restarts = 0;
  last: (Sign & { readonly heardAt: number }) | undefined;
  private child!: ChildProcess;
  private starting = Promise.withResolvers<void>();
  private onTop: Readonly<Record<string, string>> = {};
  private over = false;

  constructor(readonly name: string) {
    this.start();
  }

  get pid(): number {
    if (this.child.exitCode !== null || this.child.signalCode !== null) throw new Error(`${this.name} does not run`);
    return this.child.pid!;
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  pause(): void {
    this.kill('SIGSTOP');
  }

  resume(): void {
    this.kill('SIGCONT');
  }

  async restartWith(environment: Readonly<Record<string, string>>): Promise<void> {
    this.onTop = environment;
    const gone = once(this.child, 'exit');
    this.kill();
    await gone;
  }

  ready(): Promise<void> {
    return this.starting.promise;
  }

  async end(): Promise<void> {
    this.over = true;
    await this.restartWith({});
  }

  private start(): void {
    const env = { ...process.env, NODE_OPTIONS: '', FAIL_POINTS, MELA_FAIL_POINT: '', ...this.onTop };
    this.onTop = {};
    this.child = fork(new URL('./living-role.process.fixture.ts', import.meta.url).pathname, [], { env, execArgv: ['--disable-warning=ExperimentalWarning'] });
    this.child.on('message', (sign: Sign) => {
      this.last = { ...sign, heardAt: Date.now() };
      this.starting.resolve();
    });
    this.child.once('exit', () => {
      this.last = undefined;
      this.starting = Promise.withResolvers();
      if (this.over) return;
      this.restarts += 1;
      this.start();
    });
  }
}

export const groundOf = (roles: readonly Role[], link: Ground['link'] = () => { throw new Error('There is no line here'); }): Ground => ({
  roles,
  link,
  folder: '',
  parts: {} as Ground['parts'],
  smtp: new SmtpSandbox(new Mailbox()),
});
