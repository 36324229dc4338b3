import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const MELA = join(import.meta.dirname, '../../../cli/bin/mela.mjs');
const READY_WITHIN_MS = 180_000;

/** Free ports, quiet logs, and no limits on how much one address may ask. */
const OF_TESTS = { API_PORT: '0', REALTIME_PORT: '0', MAILBOX_PORT: '0', OIDC_PORT: '0', OPS_PORT: '0', LOG_LEVEL: 'warn', RATE_LIMITS: 'off' };

/** The command line as a person would start it, and the line of JSON with which it says that it is ready. */
export class MelaProcess {
  private readonly process: ChildProcess;
  /** Settles when it is gone, however. */
  readonly ended: Promise<unknown>;
  private said = '';

  constructor(
    private readonly args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ) {
    const env = { ...process.env, ...OF_TESTS, ...environment };
    // The channel closes when this process dies, however it dies, and `mela` then ends too.
    this.process = spawn(process.execPath, [MELA, ...args, '--json'], { env, stdio: ['pipe', 'pipe', 'pipe', 'ipc'] });
    this.process.stderr!.on('data', (chunk) => {
      this.said = (this.said + String(chunk)).slice(-8_000);
    });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
  }

  /** Where it is reached, by name. */
  ready(): Promise<Record<string, string>> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`mela ${this.args.join(' ')} ${why}:\n${this.said}`));
      const timer = setTimeout(() => fail(`was not ready within ${READY_WITHIN_MS / 1000} s`), READY_WITHIN_MS);
      this.process.once('exit', (code) => fail(`ended with ${code}`));
      createInterface({ input: this.process.stdout! }).on('line', (line) => {
        if (!line.startsWith('{')) return;
        clearTimeout(timer);
        const { code, addresses } = JSON.parse(line) as { code?: string; addresses?: Record<string, string> };
        if (code === undefined) resolve(addresses ?? {});
        else fail(`failed with ${code}`);
      });
    });
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await this.ended;
  }
}
