import { AnswerWithheld, identity, SecondFactorNeeded, type Session } from '@mela/contracts';
import type { Actor, Tried } from '@mela/testkit/chaos';
import { AuthenticatorApp } from '../authenticator-app.fixture.ts';

/** What somebody knows of an account of theirs. */
export interface Account {
  email: string;
  /** Where mail of theirs may come: every address that they ever had, or asked for. */
  readonly addresses: Set<string>;
  /** Which of their passwords is the one of now, and which the newest that they ever thought of. */
  password: number;
  newestPassword: number;
  isVerified: boolean;
  /** The app that was given a secret last, whether or not it is asked for codes. */
  app: AuthenticatorApp | undefined;
  /** Of the last code that was shown. */
  step: number;
  recoveryCodes: string[];
}

export const newAccount = (email: string): Account => ({
  email, addresses: new Set([email]), password: 0, newestPassword: 0, isVerified: false, app: undefined, step: 0, recoveryCodes: [],
});

/** The one that they have screens for. */
const accounts = new WeakMap<Actor, Account>();
export const accountOf = (person: Actor): Account | undefined => accounts.get(person);
export const keepAccount = (person: Actor, account: Account): void => void accounts.set(person, account);

const PASSWORD = 'a long password of a patient person, number ';

export const passwordOf = ({ password }: Pick<Account, 'password'>): string => `${PASSWORD}${password}`;

/** Which of somebody's passwords it is: none of them is ever used again. Undefined of a password that never changes. */
export const numberOf = (password: unknown): number | undefined => {
  const text = String(password);
  return text.startsWith(PASSWORD) ? Number(text.slice(PASSWORD.length)) : undefined;
};

const TRIES = 3;

/** As a client does that was never told what a lost answer held: again. */
export async function signIn(person: Actor, account: Account): Promise<Session | undefined> {
  const nobody = person.as(undefined);
  for (let turn = 1; turn <= TRIES; turn++) {
    const first = await nobody.tries(identity.signIn, { email: account.email, password: passwordOf(account) });
    const challenge = challengeIn(first);
    const proof = challenge === undefined ? undefined : proofOf(account);
    const outcome = challenge !== undefined && proof ? await nobody.tries(identity.signInWithCode, { challenge, ...proof }) : first;
    if (outcome?.answer) return outcome.answer;
    if (outcome?.refusal?.code !== AnswerWithheld.code) return undefined;
  }
  return undefined;
}

export const challengeIn = (tried: Tried<typeof identity.signIn> | undefined): string | undefined =>
  tried?.refusal?.code === SecondFactorNeeded.code ? String(tried.refusal['challenge']) : undefined;

/** A recovery code while there is one: of the app's codes there are two a minute. */
export function proofOf(account: Account): { recoveryCode: string } | { code: string } | undefined {
  const recoveryCode = account.recoveryCodes.shift();
  if (recoveryCode !== undefined) return { recoveryCode };
  const code = nextCode(account);
  return code === undefined ? undefined : { code };
}

/** Undefined where all were shown that would be taken now. */
export function nextCode(account: Account): string | undefined {
  const now = AuthenticatorApp.now();
  const step = Math.max(now, account.step + 1);
  if (!account.app || step > now + 1) return undefined;
  account.step = step;
  return account.app.codeOf(step);
}
