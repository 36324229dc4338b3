import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose';
import type { Keyring } from '../keyring/keyring.ts';
import type { Algorithm } from './signing-key.ts';

/** A key pair as it is stored: the public half in clear, the private half sealed. */
export interface SealedPair {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly sealedJwk: Buffer;
}

export interface OpenKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
}

/** Named by its own thumbprint, so that no two keys share a name. */
export async function makeKey(keyring: Keyring, algorithm: Algorithm): Promise<SealedPair> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const [publicJwk, privateJwk] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)]);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    publicJwk: { ...publicJwk, kid, alg: algorithm, use: 'sig' },
    sealedJwk: keyring.seal(JSON.stringify(privateJwk), sealName(kid)),
  };
}

export async function openKey({ kid, publicJwk, sealedJwk }: SealedPair, keyring: Keyring): Promise<OpenKey> {
  const jwk = JSON.parse(keyring.open(sealedJwk, sealName(kid))) as JWK;
  const alg = publicJwk.alg!;
  return { kid, alg, privateKey: (await importJWK(jwk, alg)) as CryptoKey };
}

const sealName = (kid: string): string => `signing key ${kid}`;
