import { SETTINGS } from '@mela/chassis';
import type { DueMail, MailKind } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { TFunction } from 'i18next';
import type { NotificationsSettings } from '../settings.ts';
import { texts, type Language } from '../texts/texts.ts';
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
  signed_in_elsewhere: ['name', 'device', 'at'],
  second_factor_on: ['name'],
  second_factor_off: ['name'],
  second_factor_reset: ['name'],
  passkey_added: ['name'],
  provider_added: ['name'],
  api_key_issued: ['name'],
  role_member: ['name'],
  role_admin: ['name'],
  role_super_admin: ['name'],
};

/** The web app's page that each kind leads to: with its token, where it has one. */
const pages: Readonly<Partial<Record<MailKind, string>>> = {
  verify_email: 'verify-email',
  reset_password: 'reset-password',
  confirm_old_email: 'confirm-email',
  confirm_new_email: 'confirm-email',
  signed_in_elsewhere: 'forgot-password',
};

/** A mail's parts, in the reader's language; text and HTML are made of the same. */
export interface Parts {
  readonly language: Language;
  readonly subject: string;
  readonly greeting: string;
  readonly body: string;
  readonly way: { readonly action: string; readonly link: string; readonly button: string } | undefined;
  readonly proof: { readonly code: string; readonly token: string; readonly until: string } | undefined;
  readonly otherwise: string;
  readonly farewell: string;
}

/** Turns what identity tells into what a person reads. */
@Injectable()
export class Letters {
  constructor(@Inject(SETTINGS) private readonly settings: Pick<NotificationsSettings, 'WEB_URL'>) {}

  write(due: DueMail): Letter {
    const language = texts.languageFor(due.locale);
    const parts = this.parts(due, language, texts.in(language));
    return { subject: parts.subject, text: textOf(parts), html: htmlOf(parts), language };
  }

  private parts(due: DueMail, language: Language, t: TFunction): Parts {
    const { kind, name, newEmail, signIn } = due;
    const given = { name: name ?? '', newEmail: newEmail ?? '', device: signIn?.device ?? t('namelessDevice'), at: signIn ? moment(signIn.at, due, language) : '' };
    return {
      language,
      subject: t(`${kind}.subject`, given),
      greeting: name === null ? t('namelessGreeting') : t('greeting', given),
      body: t(`${kind}.body`, given),
      way: this.way(due, t),
      proof: proofOf(due, language, t),
      otherwise: t(`${kind}.otherwise`, given),
      farewell: t('farewell'),
    };
  }

  private way({ kind, token }: DueMail, t: TFunction): Parts['way'] {
    const page = pages[kind];
    if (page === undefined) return undefined;
    // Behind a #, so that it is in no server's log and no referrer.
    const proof = token === null ? '' : `#token=${encodeURIComponent(token)}`;
    return { action: t(`${kind}.action` as never), link: `${this.settings.WEB_URL.replace(/\/+$/, '')}/${page}${proof}`, button: t('button') };
  }
}

function proofOf(due: DueMail, language: Language, t: TFunction): Parts['proof'] {
  if (due.token === null || due.expiresAt === null) return undefined;
  return { code: t('code'), token: due.token, until: t('until', { until: moment(due.expiresAt, due, language) }) };
}

/** As the reader's clocks show it, and which clocks these are. */
const moment = (instant: string, { timeZone }: Pick<DueMail, 'timeZone'>, language: Language): string =>
  new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short', timeZone: timeZone ?? 'UTC' }).format(new Date(instant));

function textOf({ greeting, body, way, proof, otherwise, farewell }: Parts): string {
  const leading = way ? [`${way.action}:\n${way.link}`] : [];
  const proving = proof ? [`${proof.code}\n${proof.token}`, proof.until] : [];
  return `${[greeting, body, ...leading, ...proving, otherwise, farewell].join('\n\n')}\n`;
}
