import { ProcessSettings, redisUrl, webUrl, whole } from '@mela/chassis';
import { z } from 'zod';

const Sender = z
  .string()
  .regex(/^([^<>\r\n]{1,80} )?<?[^\s<>@]+@[^\s<>@]+>?$/, 'is to be an address, such as Mela <mela@example.org>')
  .describe('Who mails are from: Mela <mela@example.org>. Where answers and complaints go');

/** What notifications reads from the environment. */
export const NotificationsSettings = z
  .object({
    REDIS_URL: redisUrl,
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).describe('Mail server that takes what is sent: smtps://user:password@host:465, or smtp:// with STARTTLS, which production insists on unless the address ends in ?tls=off'),
    MAIL_FROM: Sender,
    WEB_URL: webUrl,
    MAIL_TIMEOUT_SECONDS: whole(1, 300).default(30).describe('How long one attempt to send may take; twice as long after it began, a mail whose process died is tried again'),
    MAIL_RETRY_SECONDS: whole(1, 3_600).default(5).describe('Pause after the first attempt that failed; each further one is twice as long, an hour at most'),
    MAIL_ATTEMPTS: whole(1, 100).default(20).describe('Attempts after which a mail has failed'),
    MAIL_SWEEP_SECONDS: whole(1, 3_600).default(10).describe('How often it is looked for mails that are due and have no job, as when Redis lost its jobs'),
    MELA_ENV: ProcessSettings.shape.MELA_ENV,
    ALLOW_PLAINTEXT: ProcessSettings.shape.ALLOW_PLAINTEXT,
  })
  .superRefine((settings, context) => {
    if (settings.MELA_ENV !== 'production') return;
    if (!settings.ALLOW_PLAINTEXT && !settings.REDIS_URL.startsWith('rediss:'))
      context.addIssue({ code: 'custom', path: ['REDIS_URL'], message: 'is to begin with rediss:// in production, or set ALLOW_PLAINTEXT=true' });
    if (!settings.WEB_URL.startsWith('https:'))
      context.addIssue({ code: 'custom', path: ['WEB_URL'], message: 'is to begin with https:// in production: its links carry one-time tokens' });
  });
export type NotificationsSettings = z.output<typeof NotificationsSettings>;
