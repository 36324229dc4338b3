import { Db, SETTINGS, type Tx } from '@mela/chassis';
import { KeyRotated, KeyWithdrawn, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Inject, Injectable } from '@nestjs/common';
import type { IdentitySettings } from '../settings.ts';
import { asSigningKey, isDue, mayRotate, type KeyFacts, type Pair } from './signing-key.ts';
import { SigningKeyStore } from './signing-key.store.ts';
import { SigningKeys } from './signing-keys.ts';

type Settings = Pick<IdentitySettings, 'IDENTITY_KEY_DAYS' | 'IDENTITY_KEY_OVERLAP_MINUTES' | 'IDENTITY_ACCESS_TOKEN_MINUTES'>;

/** One key after the other. */
@Injectable()
export class SigningKeyService {
  constructor(
    private readonly db: Db,
    private readonly keys: SigningKeys,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async list(): Promise<Out<typeof identity.signingKeys>> {
    const keys = await this.db.get(SigningKeyStore).all();
    return { keys: keys.map(asSigningKey) };
  }

  rotate({ compromised }: In<typeof identity.rotateSigningKey>): Promise<Out<typeof identity.rotateSigningKey> | Refusal> {
    return this.db.transaction(async (tx) => {
      const { pair, at } = await this.hold(tx);
      const refusal = mayRotate(pair, at, { compromised, overlapMinutes: this.settings.IDENTITY_KEY_OVERLAP_MINUTES });
      if (refusal) return refusal;
      await this.turn(tx, pair, compromised);
      return this.list();
    });
  }

  /** Whichever replica looks first rotates; the others find that nothing is due. */
  rotateWhenDue(): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const { pair, at } = await this.hold(tx);
      const due = isDue(pair, at, { days: this.settings.IDENTITY_KEY_DAYS, overlapMinutes: this.settings.IDENTITY_KEY_OVERLAP_MINUTES });
      if (due) await this.turn(tx, pair, false);
      await tx.get(SigningKeyStore).forgetGone();
      return due;
    });
  }

  private async hold(tx: Tx): Promise<{ pair: Pair; at: Date }> {
    const store = tx.get(SigningKeyStore);
    await store.lock();
    const [keys, at] = [await store.all(), await store.now()];
    return { pair: { signing: theOne(keys, 'signing'), next: theOne(keys, 'next') }, at };
  }

  private async turn(tx: Tx, { signing, next }: Pair, compromised: boolean): Promise<void> {
    const store = tx.get(SigningKeyStore);
    if (compromised) for (const key of await store.withdrawSigners()) tx.emit(KeyWithdrawn, key, { kid: key.id });
    else await store.retire(signing.kid);
    const promoted = await store.promote(next.kid, this.settings.IDENTITY_ACCESS_TOKEN_MINUTES);
    tx.emit(KeyRotated, promoted, { kid: next.kid, nextKid: await this.keys.makeNext(store) });
  }
}

/** Made at boot, kept by every rotation. */
function theOne(keys: readonly KeyFacts[], state: KeyFacts['state']): KeyFacts {
  const found = keys.find((key) => key.state === state);
  if (!found) throw new Error(`There is no key that is ${state}`);
  return found;
}
