import { describe, expect, it } from 'vitest';
import { CannotOpen, Keyring } from '../keyring/keyring.ts';
import { makeKey, openKey } from './signing-key.ts';

describe('a signing key', () => {
  const keyring = new Keyring('a secret of this test, long enough to pass');

  it('publishes its public half alone, with name and algorithm', async () => {
    const key = await makeKey(keyring);
    expect(key.publicJwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: key.kid, alg: 'Ed25519', use: 'sig' });
    expect(key.sealedJwk.toString('latin1')).not.toContain('OKP');
  });

  it('opens with the secret it was sealed with, and with no other', async () => {
    const key = await makeKey(keyring);
    expect(await openKey(key, keyring)).toMatchObject({ kid: key.kid, alg: 'Ed25519' });
    await expect(openKey(key, new Keyring('another secret, just as long as the first'))).rejects.toThrow(CannotOpen);
  });
});
