import { describe, expect, it } from 'vitest';
import { CannotOpen, Keyring } from '../keyring/keyring.ts';
import { makeKey, openKey } from './key-pair.ts';

describe('a signing key', () => {
  const keyring = new Keyring('a secret of this test, long enough to pass');

  it('publishes its public half alone, with name and algorithm', async () => {
    const key = await makeKey(keyring, 'Ed25519');
    expect(key.publicJwk).toEqual({ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: key.kid, alg: 'Ed25519', use: 'sig' });
    expect(key.sealedJwk.toString('latin1')).not.toContain('OKP');
  });

  it('may be of another kind', async () => {
    const key = await makeKey(keyring, 'ES256');
    expect(key.publicJwk).toEqual({ kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: key.kid, alg: 'ES256', use: 'sig' });
    expect(await openKey(key, keyring)).toMatchObject({ kid: key.kid, alg: 'ES256' });
  });

  it('opens with the secret it was sealed with, and with no other', async () => {
    const key = await makeKey(keyring, 'Ed25519');
    expect(await openKey(key, keyring)).toMatchObject({ kid: key.kid, alg: 'Ed25519' });
    await expect(openKey(key, new Keyring('another secret, just as long as the first'))).rejects.toThrow(CannotOpen);
  });
});
