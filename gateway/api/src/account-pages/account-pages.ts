import { identity, type Operation } from '@mela/contracts';

export type FieldName = 'code' | 'email' | 'password' | 'newPassword';

/** A question to the API, and what a person has to say for it. */
export interface Form {
  readonly asks: Operation;
  readonly fields: readonly FieldName[];
  /** What is shown when it was answered. */
  readonly ending: Ending;
  /** Asked in the name of whoever signs in for it, and out again. */
  readonly signedIn?: true;
}

/** How a page may end. */
export type Ending = 'done' | 'halfDone' | 'sent' | 'refused';

/** A page that a mail leads to: nothing happens until its button is pressed, so whoever only looks at links uses none up. */
export interface AccountPage {
  readonly texts: 'verifyEmail' | 'resetPassword' | 'confirmEmail' | 'forgotPassword';
  readonly form: Form;
  /** Asked where the link is not good any more. */
  readonly again?: Form;
  readonly endings: readonly Ending[];
}

const forgot: Form = { asks: identity.forgotPassword, fields: ['email'], ending: 'sent' };

export const accountPages: Readonly<Record<string, AccountPage>> = {
  'verify-email': {
    texts: 'verifyEmail',
    form: { asks: identity.verifyEmail, fields: ['code'], ending: 'done' },
    again: { asks: identity.verifyEmailAgain, fields: ['email', 'password'], ending: 'sent', signedIn: true },
    endings: ['done', 'refused', 'sent'],
  },
  'reset-password': {
    texts: 'resetPassword',
    form: { asks: identity.resetPassword, fields: ['code', 'newPassword'], ending: 'done' },
    again: forgot,
    endings: ['done', 'refused', 'sent'],
  },
  'confirm-email': {
    texts: 'confirmEmail',
    form: { asks: identity.confirmEmail, fields: ['code'], ending: 'done' },
    endings: ['done', 'halfDone', 'refused'],
  },
  'forgot-password': { texts: 'forgotPassword', form: forgot, endings: ['sent'] },
};
