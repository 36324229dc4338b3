import { z } from 'zod';
import { platform } from './language/access.ts';
import { perUser } from './language/limit.ts';
import { Id, Instant, Page, pageOf } from './language/models.ts';
import { command, query, service } from './language/operation.ts';
import { refusal } from './language/refusal.ts';

export const mailStates = ['waiting', 'sent', 'failed', 'needless'] as const;

/** A mail, as whoever looks after the platform sees it: how it went, and nothing of what it says or to whom. */
export const MailRecord = z.object({
  /** The event's that it tells of. */
  id: Id,
  about: z.string(),
  state: z.enum(mailStates),
  attempts: z.int(),
  /** Why it is not sent. */
  reason: z.string().nullable(),
  createdAt: Instant,
  settledAt: Instant.nullable(),
});
export type MailRecord = z.output<typeof MailRecord>;

export const MailUnknown = refusal('mail.unknown', 404, 'There is no such mail');
export const MailNotFailed = refusal('mail.not_failed', 409, 'This mail has not failed', 'A mail that waits is sent by itself');

export const notifications = service('notifications', {
  mails: query({
    summary: 'Mails in a state, such as those that could not be sent, the latest first',
    http: 'GET /notifications/mails',
    access: platform('admin'),
    limit: perUser(120, '1m'),
    input: z.object({ state: z.enum(mailStates).default('failed'), ...pageOf }),
    output: Page(MailRecord),
  }),
  tryMailAgain: command({
    summary: 'Send a mail that has failed after all, once the reason is mended',
    http: 'POST /notifications/mails/:mailId/retry',
    access: platform('admin'),
    limit: perUser(60, '1m'),
    input: z.object({ mailId: Id }),
    output: MailRecord,
    refusals: [MailUnknown, MailNotFailed],
  }),
});
