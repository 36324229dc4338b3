import type { Logger } from 'pino';
import type { Db } from '../database/db.ts';

const EVERY_MS = 10 * 60_000;

/** Forgets idempotency records after a day. Any replica may do it, and two at once do no harm. */
export class Housekeeping {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Db,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.tidy(), EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async tidy(): Promise<void> {
    try {
      await this.db.query(`DELETE FROM idempotency WHERE created_at < now() - interval '24 hours'`);
    } catch (error) {
      this.log.warn({ reason: String(error) }, 'housekeeping failed, the next round tries again');
    }
  }
}
