import { Db, LOG, SETTINGS } from '@mela/chassis';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Worker } from 'bullmq';
import type { Logger } from 'pino';
import type { NotificationsSettings } from '../settings.ts';
import { MailStore } from './mail.store.ts';
import { MailQueue, PREFIX, QUEUE, redisConnection } from './mail-queue.ts';
import { MailSender } from './mail-sender.ts';

const AT_ONCE = 5;
const SWEPT_TOGETHER = 500;

/** Does the jobs, and gives one to every mail that is due and has none. */
@Injectable()
export class MailWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private worker: Worker | undefined;
  private sweeping: NodeJS.Timeout | undefined;

  constructor(
    private readonly db: Db,
    private readonly queue: MailQueue,
    private readonly sender: MailSender,
    @Inject(SETTINGS) private readonly settings: Pick<NotificationsSettings, 'REDIS_URL' | 'MAIL_SWEEP_SECONDS' | 'MAIL_TIMEOUT_SECONDS'>,
    @Inject(LOG) private readonly log: Logger,
  ) {}

  onApplicationBootstrap(): void {
    const connection = { ...redisConnection(this.settings.REDIS_URL, 'mela-notifications-worker'), maxRetriesPerRequest: null };
    const { MAIL_TIMEOUT_SECONDS, MAIL_SWEEP_SECONDS } = this.settings;
    // A job whose process died is somebody else's when its mail is, and how often that happens is nothing against it: attempts are counted in the row.
    const ofTheDead = { lockDuration: MAIL_TIMEOUT_SECONDS * 2_000, stalledInterval: MAIL_SWEEP_SECONDS * 1_000, maxStalledCount: 100 };
    this.worker = new Worker(QUEUE, ({ data }: { data: { mailId: string } }) => this.work(data.mailId), { prefix: PREFIX, connection, concurrency: AT_ONCE, ...ofTheDead });
    this.worker.on('error', (fault) => this.log.debug({ reason: String(fault) }, 'the jobs cannot be had'));
    this.sweeping = setInterval(() => void this.sweep(), MAIL_SWEEP_SECONDS * 1_000).unref();
    void this.sweep();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.sweeping);
    await this.worker?.close().catch(() => undefined);
  }

  /** Where Redis lost the jobs, or the process died between a commit and its job. A mail that has one is not given another. */
  async sweep(): Promise<void> {
    try {
      const mails = this.db.get(MailStore);
      const due = await mails.due(SWEPT_TOGETHER);
      if (due.length > 0) this.queue.add(due);
      await mails.forgetOld();
    } catch (fault) {
      this.log.warn({ reason: String(fault) }, 'looking for due mails failed, the next round tries again');
    }
  }

  private async work(mailId: string): Promise<void> {
    const again = await this.sender.attempt(mailId);
    if (again) this.queue.add([again.next], again.pauseMs);
  }
}
