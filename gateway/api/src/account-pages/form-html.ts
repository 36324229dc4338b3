import { identity, Password, type Operation } from '@mela/contracts';
import type { TFunction } from 'i18next';
import type { FieldName, Form } from './account-pages.ts';
import { escaped } from './escaped.ts';

/** From beside the page, so that both may stand behind a prefix of somebody's proxy. */
const addressOf = ({ http }: Operation): string => `..${http!.path}`;

const LONGEST_CODE = 200;
const LONGEST_EMAIL = 254;
const { minLength: LEAST, maxLength: MOST } = Password;

interface Field {
  /** As the API calls it. */
  readonly name: string;
  readonly attributes: string;
  /** Shown where the link brought none. */
  readonly hidden?: true;
  readonly hint?: true;
  /** May be read over, for whoever wants to. */
  readonly secret?: true;
}

const fields: Readonly<Record<FieldName, Field>> = {
  code: { name: 'token', attributes: `maxlength="${LONGEST_CODE}" autocomplete="one-time-code" autocapitalize="none" spellcheck="false"`, hidden: true, hint: true },
  email: { name: 'email', attributes: `type="email" maxlength="${LONGEST_EMAIL}" autocomplete="username"` },
  password: { name: 'password', attributes: `type="password" maxlength="${MOST}" autocomplete="current-password"`, secret: true },
  newPassword: { name: 'newPassword', attributes: `type="password" minlength="${LEAST}" maxlength="${MOST}" autocomplete="new-password"`, hint: true, secret: true },
};

/** Sent by the page's script alone: the policy lets no browser send what is typed into a URL. */
export function formHtml(view: string, form: Form, action: string, t: TFunction): string {
  const signing = form.signedIn ? ` data-sign-in="${addressOf(identity.signIn)}" data-sign-out="${addressOf(identity.signOut)}"` : '';
  return `<form method="post" data-method="${form.asks.http!.method}" data-path="${addressOf(form.asks)}" data-ending="${form.ending}"${signing}>
${form.fields.map((field) => fieldHtml(`${view}-${field}`, field, t)).join('\n')}
<div class="note" id="${view}-note" role="status"></div>
<button disabled data-working="${escaped(t('working'))}">${escaped(action)}</button>
</form>`;
}

function fieldHtml(id: string, field: FieldName, t: TFunction): string {
  const { name, attributes, hidden, hint, secret } = fields[field];
  const described = hint ? ` aria-describedby="${id}-hint"` : '';
  return `<div class="field" data-field="${name}"${hidden ? ' hidden' : ''}>
<label for="${id}">${escaped(t(`fields.${field}`))}</label>
<input id="${id}" name="${name}" required ${attributes}${described}>
${hint ? `<p class="hint" id="${id}-hint">${escaped(t(`hints.${field}`, { least: LEAST }))}</p>` : ''}${secret ? `<label class="check"><input type="checkbox" data-shows="${id}"> ${escaped(t('showPassword'))}</label>` : ''}
</div>`;
}
