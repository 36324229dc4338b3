import type { Db } from '@mela/chassis';
import type { JWK } from 'jose';
import { CannotOpen, type Keyring } from '../keyring/keyring.ts';
import type { IdentitySettings } from '../settings.ts';
import { makeKey, openKey, type OpenKey } from './key-pair.ts';
import { SigningKeyStore } from './signing-key.store.ts';

type Settings = Pick<IdentitySettings, 'IDENTITY_KEY_ALGORITHM' | 'IDENTITY_ACCESS_TOKEN_MINUTES'>;

/** The keys themselves: one that signs and one that will, opened at boot, so that a replica that could not sign does not start. */
export class SigningKeys {
  private readonly opened = new Map<string, OpenKey>();

  private constructor(
    private readonly db: Db,
    private readonly keyring: Keyring,
    private readonly settings: Settings,
  ) {}

  static async open(db: Db, keyring: Keyring, settings: Settings): Promise<SigningKeys> {
    const keys = new SigningKeys(db, keyring, settings);
    await db.transaction(async (tx) => {
      const store = tx.get(SigningKeyStore);
      await store.lock();
      if (!(await store.inState('signing'))) await store.begin((await store.inState('next'))?.kid ?? (await keys.makeNext(store)));
      const next = await store.inState('next');
      if (next?.publicJwk.alg !== settings.IDENTITY_KEY_ALGORITHM) {
        await store.dropNext();
        await keys.makeNext(store);
      }
      await store.lengthen(settings.IDENTITY_ACCESS_TOKEN_MINUTES);
    });
    try {
      await keys.signing();
    } catch (error) {
      if (error instanceof CannotOpen) throw new Error(`IDENTITY_KEY_SECRET is not the one of before: ${error.message}`, { cause: error });
      throw error;
    }
    return keys;
  }

  /**
   * Asked of the database each time: whichever replica rotates, the others sign with the new key from then on. Whoever has just
   * learnt there which one signs says so.
   */
  async signing(kid?: string): Promise<OpenKey> {
    const named = kid === undefined ? undefined : this.opened.get(kid);
    if (named) return named;
    const pair = await this.db.get(SigningKeyStore).inState('signing');
    if (!pair) throw new Error('There is no key that signs');
    const known = this.opened.get(pair.kid);
    if (known) return known;
    const opened = await openKey(pair, this.keyring);
    this.opened.clear();
    this.opened.set(pair.kid, opened);
    return opened;
  }

  /** Whether this one is open here. */
  has(kid: string): boolean {
    return this.opened.has(kid);
  }

  published(): Promise<readonly JWK[]> {
    return this.db.get(SigningKeyStore).published();
  }

  /** Answers the name of the key that was made. */
  async makeNext(store: SigningKeyStore): Promise<string> {
    const next = await makeKey(this.keyring, this.settings.IDENTITY_KEY_ALGORITHM);
    await store.insertNext(next);
    return next.kid;
  }
}
