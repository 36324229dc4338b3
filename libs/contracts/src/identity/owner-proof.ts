import { z } from 'zod';
import { perUser } from '../language/limit.ts';
import { refusal } from '../language/refusal.ts';
import { OutsideProof, OutsideProvider, OutsideUnavailable, OutsideUnknown } from './outside.ts';
import { codeShown, TooManyCodes, WrongCode } from './second-factor.ts';
import { HashingBusy, TooManyAttempts, WrongPassword } from './session.ts';

// Not 401: whoever is signed in is who they are, and their token is no worse for it.
export const ProofRefused = refusal('identity.proof_refused', 403, 'This does not show that it is you', 'Sign in at a provider of yours again, and send as `word` what it gave, within five minutes');

export const CodeNeeded = refusal('identity.code_needed', 403, 'A code is needed besides', 'Send what your authenticator app shows as `code`, or one of your recovery codes as `recoveryCode`');

/** Of what is told by mail when it is done: nobody fills a mailbox with it that may be another's. */
export const toldByMail = [perUser(10, '1m'), perUser(20, '1h')];

/** What shows that an account's owner asks, and not whoever has their session. */
export const byItsOwner = {
  // No password that anybody would have: whoever tries out every operation keeps the account.
  password: z.string().max(200).optional().meta({ examples: ['the password of now'] }),
  /** Instead, of whoever has no password: that of a provider which is linked, given now. */
  word: z.strictObject({ provider: OutsideProvider, proof: OutsideProof }).optional(),
  /** Besides, of whoever is asked for codes when they sign in. */
  ...codeShown,
};

export const unlessByItsOwner = [WrongPassword, TooManyAttempts, ProofRefused, OutsideUnknown, OutsideUnavailable, HashingBusy, CodeNeeded, WrongCode, TooManyCodes];
