import type { Logger } from 'pino';
import type { Db } from '../database/db.ts';

/** Forgets what is too old of a service's own. */
export interface Tidies {
  tidy(): Promise<void>;
}

const EVERY_MS = 10 * 60_000;

/** Forgets idempotency records after a day, and what the service says is too old: at the start, for a process that never lives long, and all the time. Any replica may do it, and two at once do no harm. */
export class Housekeeping {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Db,
    private readonly log: Logger,
    private readonly others: readonly Tidies[] = [],
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.tidy(), EVERY_MS).unref();
    void this.tidy();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async tidy(): Promise<void> {
    await this.attempt(() => this.db.query(`DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'`));
    for (const other of this.others) await this.attempt(() => other.tidy());
  }

  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'housekeeping failed, the next round tries again');
    }
  }
}
