import { LOG, SETTINGS } from '@mela/chassis';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Queue, type RedisOptions } from 'bullmq';
import type { Logger } from 'pino';
import type { NotificationsSettings } from '../settings.ts';
import type { Mail } from './mail.ts';

export const QUEUE = 'mail';
// In braces, so that a cluster keeps all of it in one place.
export const PREFIX = '{mela-notifications}';

/** A Redis that may be away, and come back. */
export const redisConnection = (url: string, name: string): RedisOptions => ({
  url, connectionName: name, connectTimeout: 1_000, retryStrategy: (attempt) => Math.min(attempt * 200, 2_000),
});

/** An attempt that is to be made: the mail, and how many came before. */
export type NextAttempt = Pick<Mail, 'id' | 'attempts'>;

/**
 * The jobs that drive mails, each called as its mail and the attempts before it: so an attempt never has two, and one that a process took to
 * its grave, which stays taken for a minute, is in nobody's way. Redis may lose them all; what is owed stands in PostgreSQL, and
 * whatever is due and has no job is given one again.
 */
@Injectable()
export class MailQueue implements OnModuleDestroy {
  private readonly queue: Queue;

  constructor(
    @Inject(SETTINGS) settings: Pick<NotificationsSettings, 'REDIS_URL'>,
    @Inject(LOG) private readonly log: Logger,
  ) {
    // What cannot be added now is added by the next sweep: nothing is kept in memory for it.
    const connection = { ...redisConnection(settings.REDIS_URL, 'mela-notifications'), enableOfflineQueue: false, maxRetriesPerRequest: 0 };
    this.queue = new Queue(QUEUE, { prefix: PREFIX, connection, defaultJobOptions: { removeOnComplete: true, removeOnFail: true } });
    this.queue.on('error', () => undefined);
  }

  add(attempts: readonly NextAttempt[], delay = 0): void {
    this.queue.addBulk(attempts.map(({ id, attempts: before }) => ({ name: 'send', data: { mailId: id }, opts: { jobId: `${id}-${before}`, delay } }))).catch((fault: unknown) => {
      this.log.warn({ reason: String(fault), mails: attempts.length }, 'Redis takes no jobs: the mails go out when it does');
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.queue.close().catch(() => undefined);
  }
}
