import { TokenVerifier } from '@mela/chassis';
import { HashingBusy, WrongCredentials, type Session } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer, heldWhenLookedAt, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { formatHash, parseHash } from '../person/password.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const password = 'a long password';
let people = 0;
const someone = async (): Promise<Session> => answer(await identity.people.register({ email: `someone-${++people}@example.org`, password, name: 'Someone' }));
const sidOf = ({ accessToken }: Session): string => JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()).sid;

describe('signing in', () => {
  it('opens a session whose access token every service can verify', async () => {
    const { person } = await someone();
    const signedIn = answer(await identity.signIns.signIn({ email: person.email, password }));
    const keys = { keys: [...(await identity.keys.published())] } as { keys: [JWK] };
    const verified = await new TokenVerifier(async () => keys).verify(signedIn.accessToken);
    expect(verified).toEqual({ caller: { personId: person.id, sessionId: sidOf(signedIn), role: 'member' }, expiresAt: Date.parse(signedIn.expiresAt), kid: keys.keys[0].kid });
    const minutes = (Date.parse(signedIn.expiresAt) - Date.now()) / 60_000;
    expect(minutes).toBeGreaterThan(29);
    expect(minutes).toBeLessThanOrEqual(30);
  });

  it('says the same of a wrong password and of an address that nobody has', async () => {
    const { person } = await someone();
    expect(await identity.signIns.signIn({ email: person.email, password: 'another password' })).toMatchObject(WrongCredentials());
    expect(await identity.signIns.signIn({ email: 'nobody@example.org', password })).toMatchObject(WrongCredentials());
  });

  it('hashes for an address that nobody has too: it waits its turn as any other', async () => {
    const narrow = await identityOn(database.db, { IDENTITY_HASHING_LANES: 1, IDENTITY_HASHING_QUEUE: 0 });
    // The lane is never free while the sign-in looks for the address, however long that takes.
    let answered = false;
    const holding = (async () => {
      while (!answered) await narrow.hasher.hash(password);
    })();
    expect(await narrow.signIns.signIn({ email: 'nobody@example.org', password })).toEqual(HashingBusy());
    answered = true;
    await holding;
  });

  it('hashes anew what was hashed at another cost', async () => {
    const { person } = await someone();
    const weak = await import('node:crypto').then(({ argon2Sync }) =>
      argon2Sync('argon2id', { message: password, nonce: Buffer.alloc(16, 1), memory: 1_024, passes: 1, parallelism: 1, tagLength: 32 }));
    const before = formatHash({ cost: { memoryKiB: 1_024, passes: 1, lanes: 1 }, salt: Buffer.alloc(16, 1), digest: weak });
    await database.db.query('UPDATE person SET password_hash = $2 WHERE id = $1', [person.id, before]);
    answer(await identity.signIns.signIn({ email: person.email, password }));
    const [row] = await database.db.query<{ password_hash: string }>('SELECT password_hash FROM person WHERE id = $1', [person.id]);
    expect(parseHash(row!.password_hash).cost).toEqual({ memoryKiB: 19_456, passes: 2, lanes: 1 });
    answer(await identity.signIns.signIn({ email: person.email, password }));
  });

  it('is of the password of now, also where another is chosen while the one of before is looked at', async () => {
    const asha = await someone();
    const { matches } = identity.hasher;
    const looked = vi.spyOn(identity.hasher, 'matches').mockImplementationOnce(async (...given) => {
      const outcome = await matches.apply(identity.hasher, given);
      answer(await identity.passwordChanges.change({ personId: asha.person.id, sessionId: sidOf(asha), role: 'member' }, { password, newPassword: 'another long password' }));
      return outcome;
    });
    expect(await identity.signIns.signIn({ email: asha.person.email, password })).toMatchObject(WrongCredentials());
    looked.mockRestore();
    expect(await database.db.query('SELECT id FROM session WHERE person_id = $1 AND revoked_at IS NULL', [asha.person.id])).toEqual([{ id: sidOf(asha) }]);
  });

  it('gives a token of the role and of the key of now, also where they become others while the password is looked at', async () => {
    const asha = await someone();
    const [before] = await identity.keys.published();
    const held = heldWhenLookedAt(identity.hasher, 1);
    const signing = identity.signIns.signIn({ email: asha.person.email, password });
    await held.looked;
    const elsewhere = await identityOn(database.db);
    answer<object>(await elsewhere.rotation.rotate({ compromised: true }));
    await database.db.query(`UPDATE person SET role = 'admin' WHERE id = $1`, [asha.person.id]);
    held.letGo();
    const { accessToken } = answer(await signing);
    const verified = await new TokenVerifier(async () => ({ keys: [...(await identity.keys.published())] }) as never).verify(accessToken);
    expect(verified).toMatchObject({ caller: { personId: asha.person.id, role: 'admin' } });
    expect((verified as { kid: string }).kid).not.toBe((before as { kid: string }).kid);
  });
});
