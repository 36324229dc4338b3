import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceDatabase } from '@mela/testkit';
import { openIdentityDatabase, settings } from '../../test/identity.fixture.ts';
import { Keyring } from '../keyring/keyring.ts';
import { SigningKeys } from './signing-keys.ts';

let database: ServiceDatabase;
beforeAll(async () => {
  database = await openIdentityDatabase();
});
afterAll(() => database?.close());

const open = (secret = settings.IDENTITY_KEY_SECRET) => SigningKeys.open(database.db, new Keyring(secret));

describe('the signing keys', () => {
  it('are one for all replicas that boot for the first time together', async () => {
    const replicas = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(replicas.map(({ signing }) => signing.kid)).size).toBe(1);
    for (const { published, signing } of replicas) expect(published).toEqual([expect.objectContaining({ kid: signing.kid, alg: 'Ed25519' })]);
  });

  it('publish nothing private', async () => {
    expect(JSON.stringify((await open()).published)).not.toContain('"d"');
  });

  it('stop the boot when the secret is another, naming the setting', async () => {
    await open();
    await expect(open('another secret, just as long as the first')).rejects.toThrow('IDENTITY_KEY_SECRET');
  });
});
