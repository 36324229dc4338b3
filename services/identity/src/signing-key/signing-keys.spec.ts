import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceDatabase } from '@mela/testkit';
import { openIdentityDatabase, settings } from '../../test/identity.fixture.ts';
import { Keyring } from '../keyring/keyring.ts';
import type { IdentitySettings } from '../settings.ts';
import { SigningKeyStore } from './signing-key.store.ts';
import { SigningKeys } from './signing-keys.ts';

let database: ServiceDatabase;
beforeAll(async () => {
  database = await openIdentityDatabase();
});
beforeEach(() => database.db.query('DELETE FROM signing_key'));
afterAll(() => database?.close());

const open = (changes: Partial<IdentitySettings> = {}, secret = settings.IDENTITY_KEY_SECRET) => SigningKeys.open(database.db, new Keyring(secret), { ...settings, ...changes });
const states = async () => (await database.db.get(SigningKeyStore).all()).map(({ state, algorithm }) => `${state} ${algorithm}`);

describe('the signing keys', () => {
  it('are one that signs and one that will, for all replicas that boot for the first time together', async () => {
    const replicas = await Promise.all(Array.from({ length: 8 }, () => open()));
    const kids = await Promise.all(replicas.map(async (keys) => (await keys.signing()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await states()).toEqual(['signing Ed25519', 'next Ed25519']);
    for (const keys of replicas) expect((await keys.published())[0]).toMatchObject({ kid: kids[0], alg: 'Ed25519' });
  });

  it('publish nothing private', async () => {
    expect(JSON.stringify(await (await open()).published())).not.toContain('"d"');
  });

  it('stop the boot when the secret is another, naming the setting', async () => {
    await open();
    await expect(open({}, 'another secret, just as long as the first')).rejects.toThrow('IDENTITY_KEY_SECRET');
  });

  it('are of another kind from the next one on, once the setting is another', async () => {
    const before = await (await open()).signing();
    const keys = await open({ IDENTITY_KEY_ALGORITHM: 'ES256' });
    expect(await keys.signing()).toMatchObject({ kid: before.kid, alg: 'Ed25519' });
    expect(await states()).toEqual(['signing Ed25519', 'next ES256']);
  });

  it('gain a next one where an older release left a single key', async () => {
    const { kid } = await (await open()).signing();
    await database.db.query(`DELETE FROM signing_key WHERE state = 'next'`);
    const keys = await open();
    expect([(await keys.signing()).kid, (await keys.published()).length]).toEqual([kid, 2]);
  });

  it('remember the longest life of the tokens that they sign', async () => {
    await open({ IDENTITY_ACCESS_TOKEN_MINUTES: 60 });
    await open({ IDENTITY_ACCESS_TOKEN_MINUTES: 5 });
    expect(await database.db.query(`SELECT token_minutes FROM signing_key WHERE state = 'signing'`)).toEqual([{ token_minutes: 60 }]);
  });
});
