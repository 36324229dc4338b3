import type { Db } from '@mela/chassis';
import type { JWK } from 'jose';
import { CannotOpen, type Keyring } from '../keyring/keyring.ts';
import { makeKey, openKey, type OpenKey } from './signing-key.ts';
import { SigningKeyStore } from './signing-key.store.ts';

/** The keys that sign access tokens, opened at boot: a replica that could not sign does not start. */
export class SigningKeys {
  private constructor(
    readonly signing: OpenKey,
    readonly published: readonly JWK[],
  ) {}

  static async open(db: Db, keyring: Keyring): Promise<SigningKeys> {
    const stored = await db.transaction(async (tx) => {
      const keys = tx.get(SigningKeyStore);
      await keys.lock();
      const known = await keys.all();
      if (known.length > 0) return known;
      const first = await makeKey(keyring);
      await keys.insert(first);
      return [first];
    });
    try {
      return new SigningKeys(await openKey(stored[0]!, keyring), stored.map(({ publicJwk }) => publicJwk));
    } catch (error) {
      if (error instanceof CannotOpen) throw new Error(`IDENTITY_KEY_SECRET is not the one of before: ${error.message}`, { cause: error });
      throw error;
    }
  }
}
