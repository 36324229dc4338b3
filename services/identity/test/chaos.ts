import { identity } from '@mela/contracts';
import type { Actor, Workload } from '@mela/testkit/chaos';

const PASSWORD = 'a long password of a patient person';
const accounts = new WeakMap<Actor, { email: string; times: number }>();

async function signIn(person: Actor, email: string): Promise<void> {
  person.session = (await person.asks(identity.signIn, { email, password: PASSWORD })) ?? person.session;
}

export const workload: Workload = {
  service: 'identity',
  aggregates: { user: 'SELECT id::text AS id, version FROM person' },
  rows: { person: 'SELECT id::text AS id, email, name FROM person' },
  acts: [
    {
      name: 'register',
      weight: 20,
      run: async (person) => {
        if (person.session) return;
        const times = (accounts.get(person)?.times ?? 0) + 1;
        const email = `${person.name}-${times}@example.org`;
        accounts.set(person, { email, times });
        person.session = await person.asks(identity.register, { email, password: PASSWORD, name: person.name });
        // The account may be there, and its answer, which held a secret, be lost.
        if (!person.session) await signIn(person, email);
      },
    },
    {
      name: 'register once more',
      weight: 1,
      run: async (person) => {
        const account = accounts.get(person);
        if (!account || !person.session) return;
        account.times += 1;
        const { session } = person;
        person.session = undefined;
        await person.asks(identity.register, { email: `${person.name}-${account.times}@example.org`, password: PASSWORD, name: person.name });
        person.session = session;
      },
    },
    {
      name: 'sign in again',
      weight: 1,
      run: async (person) => {
        const account = accounts.get(person);
        if (account && person.session) await signIn(person, account.email);
      },
    },
    {
      name: 'refresh',
      weight: 2,
      run: async (person) => {
        if (!person.session) return;
        const { refreshToken } = person.session;
        const next = await person.asks(identity.refresh, { refreshToken });
        if (next) person.session = next;
        else await signIn(person, accounts.get(person)!.email);
      },
    },
    {
      name: 'ask who I am',
      weight: 3,
      run: async (person) => {
        if (person.session) await person.asks(identity.me, {});
      },
    },
  ],
  effects: {
    'identity.register': ({ input }, rows) => rows['person']!.filter(({ email }) => email === input['email']).length,
  },
};
