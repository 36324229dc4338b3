import { SETTINGS } from '@mela/chassis';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import type { NotificationsSettings } from '../settings.ts';

export interface Letter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly language: string;
}

interface Addressed extends Letter {
  readonly to: string;
  readonly messageId: string;
  readonly date: Date;
}

/** The server that takes our mails, over a few connections that are kept. */
@Injectable()
export class MailServer implements OnModuleDestroy {
  private readonly transport: Transporter;
  private readonly from: string;
  private readonly timeoutMs: number;

  constructor(@Inject(SETTINGS) settings: Pick<NotificationsSettings, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_TIMEOUT_SECONDS' | 'MELA_ENV'>) {
    this.from = settings.MAIL_FROM;
    this.timeoutMs = settings.MAIL_TIMEOUT_SECONDS * 1_000;
    this.transport = createTransport({
      ...atUrl(settings.SMTP_URL),
      // In production nothing is said before the line is encrypted: whoever runs a relay of their own beside it says so in its address.
      requireTLS: settings.MELA_ENV === 'production' && new URL(settings.SMTP_URL).searchParams.get('tls') !== 'off',
      connectionTimeout: this.timeoutMs, greetingTimeout: this.timeoutMs, socketTimeout: this.timeoutMs,
      // A mail is made here, from words: nothing of it is a file or an address to fetch.
      disableFileAccess: true, disableUrlAccess: true,
    });
  }

  async send({ to, subject, text, html, language, messageId, date }: Addressed): Promise<void> {
    const headers = { 'Content-Language': language, 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };
    // An object, not a text: what stands in an address adds no second one.
    const sending = this.transport.sendMail({ from: this.from, to: { name: '', address: to }, subject, text, html, messageId, date, headers });
    sending.catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), this.timeoutMs);
    });
    try {
      await Promise.race([sending, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  onModuleDestroy(): void {
    this.transport.close();
  }
}

function atUrl(text: string) {
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  const auth = url.username === '' ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } };
  return { host: url.hostname, port: url.port === '' ? (secure ? 465 : 587) : Number(url.port), secure, ...auth };
}
