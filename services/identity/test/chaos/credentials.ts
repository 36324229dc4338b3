import { setTimeout as pause } from 'node:timers/promises';
import { AnswerWithheld, identity, SecondFactorOn } from '@mela/contracts';
import type { Act, Actor } from '@mela/testkit/chaos';
import { AuthenticatorApp } from '../authenticator-app.fixture.ts';
import { accountOf, challengeIn, nextCode, passwordOf, proofOf, signIn, type Account } from './account.ts';

const MEANWHILE_MS = 150;

/** Another password, while somebody who knows the one of before signs in: whatever comes of that is over with it. */
async function changePassword(person: Actor, account: Account): Promise<void> {
  const [before, password] = [passwordOf(account), ++account.newestPassword];
  const nobody = person.as(undefined);
  const changing = person.asks(identity.changePassword, { password: before, newPassword: passwordOf({ password }) });
  // Sooner or later, so that now and then it is just under way when the other takes effect.
  const signsIn = person.random.chance(0.5) ? pause(person.random.int(0, MEANWHILE_MS)).then(() => nobody.tries(identity.signIn, { email: account.email, password: before, device: 'Elsewhere' })) : undefined;
  if (await changing) account.password = password;
  const elsewhere = (await signsIn)?.answer;
  if (elsewhere) await nobody.asks(identity.refresh, { refreshToken: elsewhere.refreshToken });
}

/** On, two sign-ins at once that show the same code, and off again. */
async function useCodes(person: Actor, account: Account): Promise<void> {
  const password = passwordOf(account);
  const begun = await person.tries(identity.beginTotp, { password });
  if (begun?.answer) {
    account.app = new AuthenticatorApp(begun.answer.secret);
    const code = nextCode(account);
    const confirmed = code === undefined ? undefined : await person.tries(identity.confirmTotp, { code });
    if (confirmed?.answer === undefined && confirmed?.refusal?.code !== AnswerWithheld.code) return;
    account.recoveryCodes = [...(confirmed.answer?.recoveryCodes ?? [])];
    await signInTwice(person, account);
  } else if (begun?.refusal?.code !== SecondFactorOn.code) return;
  const proof = proofOf(account);
  if (proof && (await person.asks(identity.removeTotp, { password, ...proof }))) account.recoveryCodes = [];
}

async function signInTwice(person: Actor, account: Account): Promise<void> {
  const nobody = person.as(undefined);
  const first = await Promise.all([1, 2].map(() => nobody.tries(identity.signIn, { email: account.email, password: passwordOf(account) })));
  const challenges = first.map(challengeIn).filter((challenge) => challenge !== undefined);
  const proof = challenges.length === 0 ? undefined : proofOf(account);
  if (!proof) return;
  const tried = await Promise.all(challenges.map((challenge) => nobody.tries(identity.signInWithCode, { challenge, ...proof })));
  person.session = tried.find((one) => one?.answer)?.answer ?? person.session;
}

const ofAccount = (name: string, weight: number, run: (person: Actor, account: Account) => Promise<void>): Act => ({
  name, weight,
  run: async (person) => {
    const account = accountOf(person);
    if (account && person.session) await run(person, account);
  },
});

const AWAY_MS = 2_000;

/** Nobody lets an account alone for long that they have screens for. */
async function leaveAndComeBack(person: Actor, account: Account): Promise<void> {
  const leaves = person.random.pick([identity.deactivate, identity.delete]);
  await person.asks(leaves, { password: passwordOf(account) });
  person.session = undefined;
  await pause(person.random.int(0, AWAY_MS));
  person.session = await signIn(person, account);
}

export const credentials: readonly Act[] = [
  ofAccount('change the password', 0.5, changePassword),
  ofAccount('have codes asked for, sign in with one, and have them asked for no more', 0.3, useCodes),
  ofAccount('close the account, and come back', 0.3, leaveAndComeBack),
];
