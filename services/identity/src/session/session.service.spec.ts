import { TokenVerifier } from '@mela/chassis';
import { HashingBusy, isRefusal, RefreshRefused, WrongCredentials, type Refusal, type Session } from '@mela/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceDatabase } from '@mela/testkit';
import { identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { formatHash, parseHash } from '../person/password.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
const session = (outcome: Session | Refusal): Session => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
let people = 0;
const someone = async (): Promise<Session> =>
  session(await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' }));
const refresh = (refreshToken: string) => identity.sessions.refresh({ refreshToken });
const sidOf = ({ accessToken }: Session): string => JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid;
const graceEnds = (of: Session) => database.db.query(`UPDATE session SET rotated_at = rotated_at - interval '31 seconds' WHERE id = $1`, [sidOf(of)]);

describe('signing in', () => {
  it('opens a session whose access token every service can verify', async () => {
    const { person } = await someone();
    const signedIn = session(await identity.sessions.signIn({ email: person.email, password }));
    const keys = { keys: [...identity.keys.published] } as never;
    const verified = await new TokenVerifier(async () => keys).verify(signedIn.accessToken);
    expect(verified).toEqual({ caller: { personId: person.id, sessionId: sidOf(signedIn) }, expiresAt: Date.parse(signedIn.expiresAt) });
    const minutes = (Date.parse(signedIn.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(29);
    expect(minutes).toBeLessThanOrEqual(30);
  });

  it('says the same of a wrong password and of an address that nobody has', async () => {
    const { person } = await someone();
    expect(await identity.sessions.signIn({ email: person.email, password: 'another password' })).toEqual(WrongCredentials());
    expect(await identity.sessions.signIn({ email: 'nobody@example.org', password })).toEqual(WrongCredentials());
  });

  it('hashes for an address that nobody has too: it waits its turn as any other', async () => {
    const narrow = await identityOn(database.db, { IDENTITY_HASHING_LANES: 1, IDENTITY_HASHING_QUEUE: 0 });
    // The lane is never free while the sign-in looks for the address, however long that takes.
    let answered = false;
    const holding = (async () => {
      while (!answered) await narrow.hasher.hash(password);
    })();
    expect(await narrow.sessions.signIn({ email: 'nobody@example.org', password })).toEqual(HashingBusy());
    answered = true;
    await holding;
  });

  it('hashes anew what was hashed at another cost', async () => {
    const { person } = await someone();
    const weak = await import('node:crypto').then(({ argon2Sync }) =>
      argon2Sync('argon2id', { message: password, nonce: Buffer.alloc(16, 1), memory: 1_024, passes: 1, parallelism: 1, tagLength: 32 }));
    const before = formatHash({ cost: { memoryKiB: 1_024, passes: 1, lanes: 1 }, salt: Buffer.alloc(16, 1), digest: weak });
    await database.db.query('UPDATE person SET password_hash = $2 WHERE id = $1', [person.id, before]);
    session(await identity.sessions.signIn({ email: person.email, password }));
    const [row] = await database.db.query<{ password_hash: string }>('SELECT password_hash FROM person WHERE id = $1', [person.id]);
    expect(parseHash(row!.password_hash).cost).toEqual({ memoryKiB: 19_456, passes: 2, lanes: 1 });
    session(await identity.sessions.signIn({ email: person.email, password }));
  });

  it('forgets the sessions of theirs that have ended', async () => {
    const first = await someone();
    await database.db.query('UPDATE session SET expires_at = now() WHERE id = $1', [sidOf(first)]);
    const second = session(await identity.sessions.signIn({ email: first.person.email, password }));
    expect(await database.db.query('SELECT id FROM session WHERE person_id = $1', [first.person.id])).toEqual([{ id: sidOf(second) }]);
  });
});

describe('refreshing', () => {
  it('exchanges the token for another, of the same session', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    const third = session(await refresh(second.refreshToken));
    expect(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size).toBe(3);
    expect([sidOf(second), sidOf(third)]).toEqual([sidOf(first), sidOf(first)]);
    expect(third.person).toEqual(first.person);
  });

  it('leaves one living family, and one living token, of fifty at once', async () => {
    const first = await someone();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refreshToken)));
    const tokens = new Set(outcomes.map((outcome) => session(outcome).refreshToken));
    expect(tokens.size).toBe(1);
    expect(await database.db.query('SELECT generation, revoked_at FROM session WHERE person_id = $1', [first.person.id])).toEqual([{ generation: 2, revoked_at: null }]);
    session(await refresh([...tokens][0]!));
  });

  it('gives the same successor again within the grace, and ends the session after it', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    expect(session(await refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    await graceEnds(first);
    expect(await refresh(first.refreshToken)).toMatchObject(RefreshRefused());
    expect(await refresh(second.refreshToken)).toMatchObject(RefreshRefused());
  });

  it('ends the session for everyone when an older token comes back, even within the grace', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    const third = session(await refresh(second.refreshToken));
    expect(await refresh(first.refreshToken)).toMatchObject(RefreshRefused());
    expect(await refresh(third.refreshToken)).toMatchObject(RefreshRefused());
  });

  it('ends the session also when the thief’s request is part of a larger transaction that goes on', async () => {
    const first = await someone();
    await refresh(first.refreshToken);
    await graceEnds(first);
    await database.db.transaction(async () => ({ recorded: await refresh(first.refreshToken) }));
    const [row] = await database.db.query<{ revoked: boolean }>('SELECT revoked_at IS NOT NULL AS revoked FROM session WHERE id = $1', [sidOf(first)]);
    expect(row).toEqual({ revoked: true });
  });

  it('leaves the other sessions of the person alone', async () => {
    const phone = await someone();
    const laptop = session(await identity.sessions.signIn({ email: phone.person.email, password }));
    const next = session(await refresh(phone.refreshToken));
    await graceEnds(phone);
    await refresh(phone.refreshToken);
    expect(await refresh(next.refreshToken)).toMatchObject(RefreshRefused());
    session(await refresh(laptop.refreshToken));
  });

  it('ends with the session, however often it was refreshed', async () => {
    const first = await someone();
    const second = session(await refresh(first.refreshToken));
    await database.db.query('UPDATE session SET expires_at = now() WHERE id = $1', [sidOf(first)]);
    expect(await refresh(second.refreshToken)).toEqual(RefreshRefused());
  });

  it('knows nothing of an invented token, and keeps none in clear', async () => {
    const { refreshToken, person } = await someone();
    for (const invented of ['', 'x', `${refreshToken}x`, refreshToken.split('').toReversed().join('')]) expect(await refresh(invented)).toEqual(RefreshRefused());
    const [row] = await database.db.query<{ text: string }>('SELECT session::text AS text FROM session WHERE person_id = $1', [person.id]);
    expect(row!.text).not.toContain(refreshToken);
    expect(row!.text).not.toContain(Buffer.from(refreshToken, 'base64url').toString('hex'));
  });
});
