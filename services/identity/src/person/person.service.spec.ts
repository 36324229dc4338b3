import { EmailTaken, HashingBusy, InvalidToken, isRefusal, id, type Refusal, type Session } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceDatabase } from '@mela/testkit';
import { identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const draft = (email: string) => ({ email, password: 'a long password', name: 'Asha' });
const registered = (outcome: Session | Refusal): Session => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};

describe('registering', () => {
  it('makes an account and says so, without a word about the person', async () => {
    const { person } = registered(await identity.people.register(draft('Asha@Example.org')));
    expect(person).toMatchObject({ email: 'asha@example.org', name: 'Asha' });
    expect(await identity.people.find(person.id)).toEqual(person);
    const said = (await database.events()).filter(({ aggregate }) => aggregate === person.id);
    expect(said).toEqual([{ type: 'user.registered', aggregate: person.id, version: 1, data: { userId: person.id } }]);
  });

  it('stores the password as an argon2id hash', async () => {
    const { person } = registered(await identity.people.register(draft('hash@example.org')));
    const [row] = await database.db.query<{ password_hash: string }>('SELECT password_hash FROM person WHERE id = $1', [person.id]);
    expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  });

  it('refuses an address that has an account, however it is written', async () => {
    await identity.people.register(draft('taken@example.org'));
    expect(await identity.people.register(draft('TAKEN@example.org'))).toEqual(EmailTaken());
  });

  it('makes one account of fifty attempts at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.people.register(draft('race@example.org'))));
    const sessions = outcomes.filter((outcome) => !isRefusal(outcome));
    expect(sessions).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: 49 }, () => EmailTaken()));
    const [counted] = await database.db.query(
      `SELECT (SELECT count(*)::int FROM person WHERE email = 'race@example.org') AS people,
              (SELECT count(*)::int FROM session WHERE person_id = $1) AS sessions,
              (SELECT count(*)::int FROM outbox WHERE aggregate_id = $1::text) AS events`,
      [registered(sessions[0]!).person.id],
    );
    expect(counted).toEqual({ people: 1, sessions: 1, events: 1 });
  });

  it('answers at once that it is busy when too many wait to be hashed', async () => {
    const narrow = await identityOn(database.db, { IDENTITY_HASHING_LANES: 1, IDENTITY_HASHING_QUEUE: 1 });
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => narrow.people.register(draft(`${name}-flood@example.org`))));
    expect(outcomes.filter(isRefusal)).toEqual([HashingBusy(), HashingBusy()]);
  });
});

it('a token whose account is gone is not valid any more', async () => {
  expect(await identity.people.find(id(404))).toEqual(InvalidToken('Its account is gone'));
});
