import { z } from 'zod';
import { anyone, person } from '../language/access.ts';
import { event } from '../language/event.ts';
import { perAddress, perUser } from '../language/limit.ts';
import { Id, Instant, id } from '../language/models.ts';
import { command, query } from '../language/operation.ts';
import { refusal } from '../language/refusal.ts';
import { topic } from '../topics.ts';
import { Suspended } from './person.ts';
import { HashingBusy, SecondFactorNeeded, Session, SessionOpenedElsewhere, TooManyAttempts, WrongPassword } from './session.ts';

/** What an authenticator app shows. */
const Code = z.string().trim().regex(/^\d{6}$/, 'is to be six digits').meta({ examples: ['492039'] });
/** One of those that were shown once; case, spaces and dashes do not matter. */
const RecoveryCode = z.string().trim().min(1).max(40).meta({ examples: ['7q2m-x9ka-41pd-hn8e'] });
const PasswordOfNow = z.string().max(200).meta({ examples: ['cubbon-park-at-six'] });

/** One of both. */
export const codeShown = { code: Code.optional(), recoveryCode: RecoveryCode.optional() };

const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });

export const SecondFactor = z.object({
  /** Since when codes are asked for; null where a password is enough. */
  totp: z.object({ since: Instant }).nullable(),
  recoveryCodesLeft: z.int(),
});
export type SecondFactor = z.output<typeof SecondFactor>;

export const SecondFactorOn = refusal('identity.second_factor_on', 409, 'Codes are asked for already', 'Turn them off first');
export const SecondFactorOff = refusal('identity.second_factor_off', 409, 'No codes are asked for', 'Begin with POST /identity/second-factor/totp');
// Not 401: whoever is signed in is who they are, and their token is no worse for it.
export const WrongCode = refusal('identity.wrong_code', 403, 'This code is not right, or was used before', 'Take the next one; the clock of the device has to be right');
export const TooManyCodes = refusal('identity.too_many_codes', 429, 'Too many codes were wrong', 'Try again when `possibleAt` has come');
export const ChallengeRefused = refusal('identity.challenge_refused', 401, 'This sign-in does not go on', 'Begin again with the password');

export const UserSecondFactorChanged = event('user.second_factor_changed', {
  summary: 'A person is asked for codes from now on, or no more: by their own will, or because those who look after the platform helped them out (`reset`)',
  aggregate: 'user',
  data: z.object({ userId: Id, change: z.enum(['on', 'off', 'reset']) }),
  audience: (e) => [topic.person(e.userId)],
  example: { userId: id(1), change: 'on' },
});

export const secondFactorOperations = {
  secondFactor: query({
    summary: 'What is asked of the caller beside their password, and how many recovery codes are left',
    http: 'GET /identity/second-factor',
    access: person,
    limit: perUser(120, '1m'),
    input: z.object({}),
    output: SecondFactor,
  }),
  beginTotp: command({
    summary: 'A secret for an authenticator app; nothing is asked for until a code of it has confirmed it',
    http: 'POST /identity/second-factor/totp',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object({ password: PasswordOfNow }),
    output: z.object({ secret: z.string(), uri: z.string().meta({ description: 'otpauth://, for a QR code' }) }),
    refusals: [WrongPassword, TooManyAttempts, SecondFactorOn, HashingBusy],
    secret: true,
    inPerson: true,
  }),
  confirmTotp: command({
    summary: 'Ask for codes from now on; answers recovery codes, which are shown this once',
    http: 'POST /identity/second-factor/totp/confirm',
    access: person,
    limit: perUser(30, '1m'),
    input: z.object({ code: Code }),
    output: RecoveryCodes,
    refusals: [SecondFactorOn, SecondFactorOff, WrongCode, TooManyCodes],
    emits: [UserSecondFactorChanged],
    secret: true,
    inPerson: true,
  }),
  // Not DELETE: that has no body, and a password in an address would be read in logs.
  removeTotp: command({
    summary: 'Ask for no codes any more; recovery codes are worth nothing afterwards',
    http: 'POST /identity/second-factor/totp/remove',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object({ password: PasswordOfNow, ...codeShown }),
    output: SecondFactor,
    refusals: [WrongPassword, TooManyAttempts, SecondFactorOff, WrongCode, TooManyCodes, HashingBusy],
    emits: [UserSecondFactorChanged],
    inPerson: true,
  }),
  renewRecoveryCodes: command({
    summary: 'Other recovery codes, shown this once; those of before are worth nothing afterwards',
    http: 'POST /identity/second-factor/recovery-codes',
    access: person,
    limit: perUser(10, '1m'),
    input: z.object({ password: PasswordOfNow, ...codeShown }),
    output: RecoveryCodes,
    refusals: [WrongPassword, TooManyAttempts, SecondFactorOff, WrongCode, TooManyCodes, HashingBusy],
    secret: true,
    inPerson: true,
  }),
  signInWithCode: command({
    summary: `Go on with a sign-in that was answered \`${SecondFactorNeeded.code}\`, with a code or a recovery code`,
    http: 'POST /identity/sign-in/second-factor',
    access: anyone,
    limit: perAddress(60, '1m'),
    input: z.object({ challenge: z.string().max(2_000), ...codeShown }),
    output: Session,
    refusals: [ChallengeRefused, WrongCode, TooManyCodes, Suspended],
    emits: [SessionOpenedElsewhere],
    secret: true,
    session: 'opens',
  }),
};
