import { LastWayIn, PasskeyNotAdded, PasskeyTaken, PasskeyUnknown, WrongPassword } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answer, identityOn, openIdentityDatabase } from '../../test/identity.fixture.ts';
import { codesOf, password, Protected } from '../../test/second-factor.fixture.ts';
import { SoftwareAuthenticator, type Quirks } from '../../test/software-authenticator.fixture.ts';

let database: ServiceDatabase;
let identity: Awaited<ReturnType<typeof identityOn>>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  identity = await identityOn(database.db);
});
afterAll(() => database?.close());

const someone = () => Protected.withPassword(identity);
const optionsFor = async ({ caller }: Protected) => answer(await identity.passkeys.options(caller, { password })).options;
const add = async (asha: Protected, device = new SoftwareAuthenticator(), quirks: Quirks = {}, name = 'Asha’s phone') =>
  identity.passkeys.add(asha.caller, { name, credential: device.create(await optionsFor(asha), quirks) });
const listOf = async ({ caller }: Protected) => (await identity.passkeys.list(caller.personId)).items;

describe('adding a passkey', () => {
  it('asks for the password, and for a device that verifies whose it is and keeps the key', async () => {
    const asha = await someone();
    expect(await identity.passkeys.options(asha.caller, { password: 'not this one' })).toMatchObject(WrongPassword());
    expect(await optionsFor(asha)).toMatchObject({
      rp: { id: 'localhost', name: 'Mela' }, user: { name: asha.session.person.email, displayName: 'Asha' }, attestation: 'none', excludeCredentials: [],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
  });

  it('keeps it under a name, tells it the latest first, and notes it', async () => {
    const asha = await someone();
    const first = answer(await add(asha));
    expect(first).toEqual({ id: expect.any(String), name: 'Asha’s phone', isBackedUp: false, createdAt: expect.any(String), lastUsedAt: null });
    const second = answer(await add(asha, new SoftwareAuthenticator({ isSynced: true }), {}, 'Asha’s cloud'));
    expect(second).toMatchObject({ isBackedUp: true });
    expect(await listOf(asha)).toEqual([second, first]);
    expect((await optionsFor(asha))['excludeCredentials']).toHaveLength(2);
    const noted = answer(await identity.audit.all({ about: asha.caller.personId, what: 'passkey_added', limit: 10 })).items;
    expect(noted.map(({ details }) => details)).toEqual([{ passkeyId: second.id }, { passkeyId: first.id }]);
  });

  it.each<[string, Quirks]>([
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page inside of another', { crossOrigin: true }],
    ['another domain', { rpId: 'evil.example' }],
    ['a device that has not verified whose it is', { userVerified: false }],
    ['a device that nobody touched', { userPresent: false }],
    ['an invented challenge', { challenge: 'AAAA' }],
    ['what signs in', { type: 'webauthn.get' }],
    ['a format that was not asked for', { format: 'fido-u2f' }],
    ['certificates that were not asked for', { format: 'packed', statement: new Map<string, Buffer | number | Map<number, Buffer>>([['alg', -7], ['sig', Buffer.alloc(70)], ['x5c', new Map([[0, Buffer.alloc(9)]])]]) as never }],
  ])('is refused for %s', async (_what, quirks) => {
    const asha = await someone();
    expect(await add(asha, new SoftwareAuthenticator(), quirks)).toEqual(PasskeyNotAdded());
    expect(await listOf(asha)).toEqual([]);
  });

  it('takes what a device signs with the new key itself, though nobody asked for that', async () => {
    const asha = await someone();
    answer(await add(asha, new SoftwareAuthenticator(), { selfAttested: true }));
    const wrong = new Map<string, Buffer | number>([['alg', -7], ['sig', Buffer.alloc(70)]]);
    expect(await add(asha, new SoftwareAuthenticator(), { format: 'packed', statement: wrong as never })).toEqual(PasskeyNotAdded());
  });

  it('is refused for what was asked of somebody else’s device, or to sign in', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const device = new SoftwareAuthenticator();
    expect(await identity.passkeys.add(ravi.caller, { name: 'x', credential: device.create(await optionsFor(asha)) })).toEqual(PasskeyNotAdded());
    const { options } = await identity.passkeySignIns.options();
    expect(await add(asha, device, { challenge: String(options['challenge']) })).toEqual(PasskeyNotAdded());
  });

  it('fifty times at once with one answer keeps one', async () => {
    const asha = await someone();
    const credential = new SoftwareAuthenticator().create(await optionsFor(asha));
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => identity.passkeys.add(asha.caller, { name: 'x', credential })));
    expect(codesOf(outcomes)).toEqual({ answered: 1, 'identity.passkey_not_added': 49 });
  });

  it('is refused for one that somebody has', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const device = new SoftwareAuthenticator();
    answer(await add(asha, device));
    await database.db.query('UPDATE passkey SET credential_id = $2 WHERE person_id = $1', [asha.caller.personId, 'taken']);
    const credential = device.create(await optionsFor(ravi));
    await database.db.query('UPDATE passkey SET credential_id = $2 WHERE person_id = $1', [asha.caller.personId, credential.id]);
    expect(await identity.passkeys.add(ravi.caller, { name: 'x', credential })).toEqual(PasskeyTaken());
  });
});

describe('a passkey', () => {
  it('is renamed and removed by its owner, and by nobody else', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const { id: passkeyId } = answer(await add(asha));
    expect(await identity.passkeys.rename(ravi.caller, { passkeyId, name: 'Mine' })).toEqual(PasskeyUnknown());
    expect(await identity.passkeys.remove(ravi.caller, { passkeyId })).toEqual(PasskeyUnknown());
    expect(await identity.passkeys.rename(asha.caller, { passkeyId, name: 'Old phone' })).toMatchObject({ id: passkeyId, name: 'Old phone' });
    expect(await identity.passkeys.remove(asha.caller, { passkeyId })).toEqual({ removed: 1 });
    expect(await identity.passkeys.remove(asha.caller, { passkeyId: uuidv7() })).toEqual(PasskeyUnknown());
    expect(await listOf(asha)).toEqual([]);
    expect(answer(await identity.audit.all({ about: asha.caller.personId, what: 'passkey_removed', limit: 10 })).items).toMatchObject([{ details: { passkeyId } }]);
  });

  it('that is the last way in stays, also where fifty are removed at once', async () => {
    const own = await openIdentityDatabase();
    try {
      // Nobody is without a password yet: this is a database in which somebody can be.
      await own.db.query('ALTER TABLE person ALTER COLUMN password_hash DROP NOT NULL');
      const here = await identityOn(own.db);
      const asha = await Protected.withPassword(here);
      const ids: string[] = [];
      for (let n = 0; n < 20; n++) {
        const { options } = answer(await here.passkeys.options(asha.caller, { password }));
        ids.push(answer(await here.passkeys.add(asha.caller, { name: `Key ${n}`, credential: new SoftwareAuthenticator().create(options) })).id);
      }
      expect(await here.passkeys.options(asha.caller, { password })).toMatchObject({ code: 'identity.too_many_passkeys' });
      await own.db.query('UPDATE person SET password_hash = NULL WHERE id = $1', [asha.caller.personId]);
      const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => here.passkeys.remove(asha.caller, { passkeyId: ids[n % 20]! })));
      expect(codesOf(outcomes)).toMatchObject({ answered: 19 });
      const [last] = (await here.passkeys.list(asha.caller.personId)).items;
      expect(await here.passkeys.remove(asha.caller, { passkeyId: last!.id })).toEqual(LastWayIn());
    } finally {
      await own.close();
    }
  });

  it('that was tried leaves a challenge, which is forgotten when it is long over', async () => {
    const asha = await someone();
    answer(await add(asha));
    const count = async () => (await database.db.query<{ n: number }>('SELECT count(*)::int AS n FROM used_challenge'))[0]!.n;
    const before = await count();
    await identity.passkeys.tidy();
    expect(await count()).toBe(before);
    await database.db.query(`UPDATE used_challenge SET expires_at = now() - interval '2 hours'`);
    await identity.passkeys.tidy();
    expect(await count()).toBe(0);
  });
});
