import { identity, type Session } from '@mela/contracts';
import type { Act, Actor } from '@mela/testkit/chaos';
import { newEmail } from './signing-in.ts';

interface Spare {
  readonly personId: string;
  readonly email: string;
}

/** Of accounts that have no screens, and whose password never changes. */
const PASSWORD = 'another long password of somebody who looks on';

const spares = (person: Actor) => person.known<Spare>('spare accounts');
const admins = (person: Actor) => person.known<Session>('admins');

async function registerSpare(person: Actor): Promise<Spare | undefined> {
  const email = newEmail(person);
  const session = await person.as(undefined).asks(identity.register, { email, password: PASSWORD, name: person.name });
  return session && { personId: session.person.id, email };
}

const signIn = (person: Actor, { email }: Spare) => person.as(undefined).asks(identity.signIn, { email, password: PASSWORD });

/** The operator appoints the first ones; a token says which role its holder has, so they sign in anew. */
async function becomeAdmin(person: Actor): Promise<void> {
  const account = await registerSpare(person);
  if (!account || !(await person.operates(identity.appoint, { email: account.email, role: 'admin' }))) return;
  const session = await signIn(person, account);
  if (session) admins(person).push(session);
}

function retire(person: Actor, admin: Session): void {
  const place = admins(person).indexOf(admin);
  if (place >= 0) admins(person).splice(place, 1);
}

/** Shuts somebody out and mostly lets them in again, while they try to sign in. */
async function suspend(person: Actor, admin: Session): Promise<void> {
  const all = spares(person);
  if (all.length === 0) return;
  const spare = person.random.pick(all.slice(-20));
  const { personId } = spare;
  const trying = person.random.chance(0.5) ? signIn(person, spare) : undefined;
  const suspended = await person.as(admin).tries(identity.suspend, { personId, reason: 'They were loud' });
  await trying;
  // Their token has grown old, or the role is not theirs any more: somebody else is appointed.
  if (suspended?.refusal) return retire(person, admin);
  if (person.random.chance(0.5)) await signIn(person, spare);
  if (person.random.chance(0.7)) await person.as(admin).asks(identity.restore, { personId });
}

export const lookingAfter: readonly Act[] = [
  {
    name: 'register once more',
    weight: 1,
    run: async (person) => {
      const spare = person.session && (await registerSpare(person));
      if (spare) spares(person).push(spare);
    },
  },
  {
    name: 'look after the platform',
    weight: 0.4,
    run: async (person) => {
      if (admins(person).length === 0) await becomeAdmin(person);
      else await suspend(person, person.random.pick(admins(person)));
    },
  },
];
