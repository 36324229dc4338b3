import { SETTINGS } from '@mela/chassis';
import type { DueMail, MailKind } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { TFunction } from 'i18next';
import type { NotificationsSettings } from '../settings.ts';
import { languageFor, textsIn, type Language } from '../texts/texts.ts';
import { htmlOf } from './letter-html.ts';
import type { Letter } from './mail-server.ts';

/** What each kind's texts may name. */
export const placeholders: Readonly<Record<MailKind, readonly string[]>> = {
  verify_email: ['name', 'until'],
  reset_password: ['name', 'until'],
  confirm_old_email: ['name', 'until', 'newEmail'],
  confirm_new_email: ['name', 'until'],
  password_changed: ['name'],
  email_changed: ['name'],
  second_factor_on: ['name'],
  second_factor_off: ['name'],
  second_factor_reset: ['name'],
  role_member: ['name'],
  role_admin: ['name'],
  role_super_admin: ['name'],
};

/** The web app's page that takes each kind's token. */
const pages: Readonly<Partial<Record<MailKind, string>>> = {
  verify_email: 'verify-email',
  reset_password: 'reset-password',
  confirm_old_email: 'confirm-email',
  confirm_new_email: 'confirm-email',
};

/** A mail's parts, in the reader's language; text and HTML are made of the same. */
export interface Parts {
  readonly language: Language;
  readonly subject: string;
  readonly greeting: string;
  readonly body: string;
  readonly otherwise: string;
  readonly farewell: string;
  readonly proof: { readonly action: string; readonly link: string; readonly button: string; readonly code: string; readonly token: string; readonly until: string } | undefined;
}

/** Turns what identity tells into what a person reads. */
@Injectable()
export class Letters {
  constructor(@Inject(SETTINGS) private readonly settings: Pick<NotificationsSettings, 'WEB_URL'>) {}

  write(due: DueMail): Letter {
    const language = languageFor(due.locale);
    const parts = this.parts(due, language, textsIn(language));
    return { subject: parts.subject, text: textOf(parts), html: htmlOf(parts), language };
  }

  private parts(due: DueMail, language: Language, t: TFunction): Parts {
    const { kind } = due;
    const given = { name: due.name, newEmail: due.newEmail ?? '' };
    return {
      language,
      subject: t(`${kind}.subject`, given),
      greeting: t('greeting', given),
      body: t(`${kind}.body`, given),
      otherwise: t(`${kind}.otherwise`, given),
      farewell: t('farewell'),
      proof: this.proof(due, language, t),
    };
  }

  private proof({ kind, token, expiresAt }: DueMail, language: Language, t: TFunction): Parts['proof'] {
    const page = pages[kind];
    if (token === null || expiresAt === null || page === undefined) return undefined;
    const until = `${new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(expiresAt))} UTC`;
    return {
      action: t(`${kind}.action` as never),
      // Behind a #, so that it is in no server's log and no referrer.
      link: `${this.settings.WEB_URL.replace(/\/+$/, '')}/${page}#token=${encodeURIComponent(token)}`,
      button: t('button'), code: t('code'), token, until: t('until', { until }),
    };
  }
}

function textOf({ greeting, body, proof, otherwise, farewell }: Parts): string {
  const proving = proof ? [`${proof.action}:\n${proof.link}`, `${proof.code}\n${proof.token}`, proof.until] : [];
  return `${[greeting, body, ...proving, otherwise, farewell].join('\n\n')}\n`;
}
