import { Asker, continueTrace, reach, within } from '@mela/bus';
import { Db, LOG, SETTINGS } from '@mela/chassis';
import { identity, isRefusal, type Ask } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Counter, Registry } from 'prom-client';
import type { NotificationsSettings } from '../settings.ts';
import { Letters } from './letters.ts';
import { messageIdOf, refusedBy, verdictOn, type Mail, type Sent } from './mail.ts';
import { MailStore } from './mail.store.ts';
import type { NextAttempt } from './mail-queue.ts';
import { MailServer } from './mail-server.ts';

/** One attempt at one mail, from claiming it to writing down what became of it. */
@Injectable()
export class MailSender {
  private readonly counted: Counter;

  constructor(
    private readonly db: Db,
    private readonly asker: Asker,
    private readonly server: MailServer,
    private readonly letters: Letters,
    @Inject(SETTINGS) private readonly settings: Pick<NotificationsSettings, 'MAIL_FROM' | 'MAIL_ATTEMPTS' | 'MAIL_RETRY_SECONDS' | 'MAIL_TIMEOUT_SECONDS'>,
    @Inject(LOG) private readonly log: Logger,
    metrics: Registry,
  ) {
    this.counted = new Counter({ name: 'mela_mail_attempts_total', help: 'Attempts to send a mail, by how they ended', labelNames: ['outcome'], registers: [metrics] });
  }

  /** Answers when it is to be tried again, if at all. */
  async attempt(id: string): Promise<{ readonly next: NextAttempt; readonly pauseMs: number } | undefined> {
    const mails = this.db.get(MailStore);
    const mail = await mails.claim(id, this.settings.MAIL_TIMEOUT_SECONDS * 2);
    // Settled, or another's: should that one die, it is due again when its lease is over.
    if (!mail) return undefined;
    const outcome = await this.send(mail);
    this.counted.inc({ outcome: outcome.kind });
    const verdict = verdictOn(outcome, mail.attempts, { attempts: this.settings.MAIL_ATTEMPTS, retrySeconds: this.settings.MAIL_RETRY_SECONDS });
    await mails.settle(mail, verdict);
    if (verdict.state === 'failed') this.log.error({ mail: id, reason: verdict.reason }, 'a mail could not be sent');
    return verdict.state === 'waiting' ? { next: mail, pauseMs: verdict.pauseMs } : undefined;
  }

  private async send({ id, about, subjectId, createdAt }: Mail): Promise<Sent> {
    const asked = { about, id: subjectId } as Ask<typeof identity.mail>;
    const due = await within({ traceparent: continueTrace(undefined) }, () => this.asker.ask(identity.mail, asked));
    if (isRefusal(due)) return { kind: 'later', why: `identity: ${due.code}` };
    if (!due.needed) return { kind: 'needless', why: due.why };
    const letter = this.letters.write(due);
    reach('mail.sending');
    try {
      await this.server.send({ ...letter, to: due.email, messageId: messageIdOf(id, this.settings.MAIL_FROM), date: createdAt });
    } catch (fault) {
      return refusedBy(fault as object);
    }
    reach('mail.accepted');
    return { kind: 'sent' };
  }
}
