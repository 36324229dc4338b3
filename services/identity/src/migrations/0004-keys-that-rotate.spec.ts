import { openDatabase, type ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settings } from '../../test/identity.fixture.ts';
import { Keyring } from '../keyring/keyring.ts';
import { makeKey } from '../signing-key/key-pair.ts';
import { SigningKeyRow, SigningKeyStore } from '../signing-key/signing-key.store.ts';
import { SigningKeys } from '../signing-key/signing-keys.ts';
import { identityTables } from './0001-identity.ts';
import { keysThatRotate } from './0004-keys-that-rotate.ts';

let database: ServiceDatabase;
beforeAll(async () => {
  database = await openDatabase('identity', [identityTables], [SigningKeyRow]);
});
afterAll(() => database?.close());

it('the key of before signs on, those before it verify for a day, and a next one is made', async () => {
  const keyring = new Keyring(settings.IDENTITY_KEY_SECRET);
  const [older, newest] = [await makeKey(keyring, 'Ed25519'), await makeKey(keyring, 'Ed25519')];
  for (const [minutes, { kid, publicJwk, sealedJwk }] of [[10, older], [5, newest]] as const)
    await database.db.query(`INSERT INTO signing_key VALUES ($1, $2, $3, now() - make_interval(mins => $4))`, [kid, JSON.stringify(publicJwk), sealedJwk, minutes]);
  for (const statement of keysThatRotate.statements) await database.db.query(statement);

  const keys = await SigningKeys.open(database.db, keyring, settings);
  expect((await keys.signing()).kid).toBe(newest.kid);
  expect((await database.db.get(SigningKeyStore).all()).map(({ kid, state }) => [kid, state])).toEqual([
    [older.kid, 'retired'], [newest.kid, 'signing'], [expect.any(String), 'next'],
  ]);
  expect(await keys.published()).toHaveLength(3);
});
