import { identity } from '@mela/contracts';
import type { Actor, Asked, Entry, Violation, Workload } from '@mela/testkit/chaos';

const PASSWORD = 'a long password of a patient person';
const TAKEN = 'a young token is taken';
const GIVES_TOKENS: ReadonlySet<string> = new Set([identity.register.id, identity.signIn.id, identity.refresh.id]);
/** Access tokens live half an hour, and clocks are wrong by five minutes at most. */
const YOUNG_MS = 20 * 60_000;
const accounts = new WeakMap<Actor, { email: string; times: number }>();

async function signIn(person: Actor, email: string): Promise<void> {
  person.session = (await person.asks(identity.signIn, { email, password: PASSWORD })) ?? person.session;
}

export const workload: Workload = {
  service: 'identity',
  aggregates: {
    user: 'SELECT id::text AS id, version FROM person',
    // Of one that is alive nothing was said.
    session: 'SELECT id::text AS id, version FROM session WHERE version > 0',
    // There is a row as soon as somebody wanted to change something.
    profile: 'SELECT person_id::text AS id, version FROM profile WHERE version > 0',
    verification: 'SELECT id::text AS id, 1 AS version FROM verification',
  },
  rows: {
    person: 'SELECT id::text AS id, email, name FROM person',
    session: 'SELECT id::text AS id, generation, revoked_at IS NOT NULL AS revoked FROM session',
    profile: 'SELECT person_id::text AS id, bio FROM profile',
    // The first one came with the account.
    signIn: 'SELECT session.id::text AS id, email FROM session JOIN person ON person.id = person_id WHERE session.created_at > person.created_at',
  },
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
      name: 'move to another device, and sign out on the one before',
      weight: 1,
      run: async (person) => {
        const account = accounts.get(person);
        const before = person.session;
        if (!account || !before) return;
        await signIn(person, account.email);
        if (person.session !== before) await person.asks(identity.endSession, { sessionId: sessionOf(before.refreshToken) });
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
      name: 'say something else of myself',
      weight: 2,
      run: async (person) => {
        if (person.session) await person.asks(identity.changeProfile, { bio: `As of ${Date.now()}` });
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
  // Whoever probes has just registered.
  probe: async ({ session }) => [session.person.id],
  effects: {
    'identity.register': ({ input }, rows) => rows['person']!.filter(({ email }) => email === input['email']).length,
    'identity.signIn': ({ input }, rows) => rows['signIn']!.filter(({ email }) => email === input['email']).length,
    'identity.endSession': ({ input }, rows) => rows['session']!.filter(({ id, revoked }) => id === input['sessionId'] && revoked === true).length,
    // One takes the place of the other, so that of a refused one nothing can be told; what was answered is there, or what came later.
    'identity.changeProfile': ({ input, personId, outcome }, rows) =>
      outcome.kind === 'refused' ? 0 : rows['profile']!.filter(({ id, bio }) => id === personId && momentOf(bio) >= momentOf(input['bio'])).length,
    'identity.refresh': ({ input }, rows) => {
      const used = refreshTokenOf(String(input['refreshToken']));
      return rows['session']!.filter(({ id, generation }) => id === used.sessionId && Number(generation) > used.generation).length;
    },
  },
  invariants: [{ name: TAKEN, judge: ({ history }) => falselyRefused(history) }],
};

const momentOf = (bio: unknown): number => Number(String(bio).slice('As of '.length));

const sessionOf = (refreshToken: string): string => refreshTokenOf(refreshToken).sessionId;

/** A token begins with its session's id and how many there were before it: the rest is the server's secret. */
function refreshTokenOf(text: string): { sessionId: string; generation: number } {
  const bytes = Buffer.from(text, 'base64url');
  const hex = bytes.toString('hex', 0, 16);
  return { sessionId: [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'), generation: bytes.readUInt32BE(16) };
}

/** Whoever was given a token a while ago is not told that they are nobody. */
function falselyRefused(history: readonly Entry[]): Violation[] {
  const given = new Map<string, number>();
  return history
    .filter((entry): entry is Asked => entry.kind === 'asked')
    .toSorted((a, b) => a.endedAt - b.endedAt)
    .flatMap(({ operation, outcome, who, personId, at, endedAt }) => {
      if (outcome.kind === 'answered' && GIVES_TOKENS.has(operation)) given.set(who, endedAt);
      if (personId === undefined || outcome.kind !== 'refused' || outcome.status !== 401 || GIVES_TOKENS.has(operation)) return [];
      const since = given.get(who);
      if (since === undefined || at - since > YOUNG_MS) return [];
      return [{ invariant: TAKEN, what: `${operation} of ${who} at ${at} ms was refused with 401 ${outcome.code}, and their token is of ${since} ms`, about: [personId, who] }];
    });
}
