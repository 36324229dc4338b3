import { identity } from '@mela/contracts';
import type { Act, Actor } from '@mela/testkit/chaos';
import { accountOf, keepAccount, newAccount, passwordOf, signIn } from './account.ts';
import { sessionOf } from './ids-in-tokens.ts';

const counts = new WeakMap<Actor, number>();

/** Nobody has it, also where it was asked for and nothing came of it. */
export function newEmail(person: Actor): string {
  const count = (counts.get(person) ?? 0) + 1;
  counts.set(person, count);
  return `${person.name}-${count}@example.org`;
}

async function register(person: Actor): Promise<void> {
  const account = newAccount(newEmail(person));
  const session = await person.asks(identity.register, { email: account.email, password: passwordOf(account), name: person.name });
  // The account may be there, and its answer, which held a secret, be lost.
  person.session = session ?? (await signIn(person, account));
  if (person.session) keepAccount(person, account);
}

export const signingIn: readonly Act[] = [
  {
    name: 'come in',
    weight: 20,
    run: async (person) => {
      if (person.session) return;
      const account = accountOf(person);
      if (account) person.session = await signIn(person, account);
      else await register(person);
    },
  },
  {
    name: 'sign in again',
    weight: 1,
    run: async (person) => {
      const account = accountOf(person);
      if (account && person.session) person.session = (await signIn(person, account)) ?? person.session;
    },
  },
  {
    name: 'move to another device, and sign out on the one before',
    weight: 1,
    run: async (person) => {
      const account = accountOf(person);
      const before = person.session;
      if (!account || !before) return;
      person.session = (await signIn(person, account)) ?? before;
      if (person.session !== before) await person.asks(identity.endSession, { sessionId: sessionOf(before.refreshToken) });
    },
  },
  {
    name: 'refresh',
    weight: 2,
    run: async (person) => {
      const account = accountOf(person);
      if (!account || !person.session) return;
      const { refreshToken } = person.session;
      person.session = (await person.asks(identity.refresh, { refreshToken })) ?? (await signIn(person, account));
    },
  },
  {
    name: 'ask who I am',
    weight: 3,
    run: async (person) => {
      if (person.session) await person.asks(identity.me, {});
    },
  },
];
