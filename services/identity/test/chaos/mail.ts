import { identity } from '@mela/contracts';
import type { Act, Actor, Letter } from '@mela/testkit/chaos';
import { accountOf, passwordOf, signIn, type Account } from './account.ts';
import { newEmail } from './signing-in.ts';

const read = new WeakMap<Actor, Set<string>>();

/** Some press a button twice. */
const tapped = <R>(person: Actor, ask: () => Promise<R>): Promise<R[]> => Promise.all(Array.from({ length: person.random.chance(0.3) ? 2 : 1 }, ask));

/** One that they have not read yet, whether or not a newer one has taken its place. */
function unread(person: Actor, { addresses }: Account): Letter | undefined {
  if (!read.has(person)) read.set(person, new Set());
  const known = read.get(person)!;
  const fresh = [...addresses].flatMap((to) => person.letters(to)).filter(({ messageId }) => !known.has(messageId));
  const letter = fresh.length === 0 ? undefined : person.random.pick(fresh);
  if (letter) known.add(letter.messageId);
  return letter;
}

/** Does what the page does that the link leads to. */
async function follow(person: Actor, account: Account, { to, text }: Letter): Promise<void> {
  const [, page, token] = /\/([\w-]+)#token=([\w-]+)/.exec(text) ?? [];
  const nobody = person.as(undefined);
  if (token === undefined) return;
  if (page === 'verify-email') {
    const verified = await tapped(person, () => nobody.asks(identity.verifyEmail, { token }));
    if (verified.some((one) => one !== undefined)) account.isVerified = true;
  }
  if (page === 'reset-password') {
    const password = ++account.newestPassword;
    const reset = await tapped(person, () => nobody.asks(identity.resetPassword, { token, newPassword: passwordOf({ password }) }));
    if (reset.every((one) => one === undefined)) return;
    account.password = password;
    account.isVerified = true;
    person.session = await signIn(person, account);
  }
  if (page === 'confirm-email') {
    // The old one is told which one is to come.
    const wished = to === account.email ? [...account.addresses].find((email) => email !== to && text.includes(email)) : to;
    const confirmed = await tapped(person, () => nobody.asks(identity.confirmEmail, { token }));
    if (!confirmed.some((one) => one?.changed)) return;
    account.email = wished ?? account.email;
    account.isVerified = true;
    person.session = await signIn(person, account);
  }
}

export const readingMail: readonly Act[] = [
  {
    name: 'read a mail, and do as it says',
    weight: 3,
    run: async (person) => {
      const account = accountOf(person);
      const letter = account && unread(person, account);
      if (letter) await follow(person, account, letter);
    },
  },
  {
    name: 'have the address verified anew',
    weight: 0.5,
    run: async (person) => {
      if (person.session && accountOf(person)?.isVerified === false) await person.asks(identity.verifyEmailAgain, {});
    },
  },
  {
    name: 'forget the password',
    weight: 0.5,
    run: async (person) => {
      const account = accountOf(person);
      if (!account) return;
      const email = person.random.chance(0.15) ? newEmail(person) : account.email;
      await person.as(undefined).asks(identity.forgotPassword, { email });
    },
  },
  {
    name: 'want another address',
    weight: 0.3,
    run: async (person) => {
      const account = accountOf(person);
      if (!account || !person.session) return;
      const email = newEmail(person);
      account.addresses.add(email);
      await person.asks(identity.changeEmail, { password: passwordOf(account), newEmail: email });
    },
  },
];
