import type { Tx } from '@mela/chassis';
import { Injectable } from '@nestjs/common';
import { ApiKeyService } from '../api-key/api-key.service.ts';
import { OutsideStore } from '../outside/outside.store.ts';
import { PasskeyStore } from '../passkey/passkey.store.ts';
import type { Account } from '../person/person.ts';
import { SecondFactorStore } from '../second-factor/second-factor.store.ts';
import { turnOff } from '../second-factor/turn-off.ts';
import { PlaceStore } from '../throttle/place.store.ts';
import { VerificationService } from '../verification/verification.service.ts';
import { tellWayIn } from '../ways-in/tell-way-in.ts';

interface TakenAway {
  readonly passkeys: number;
  readonly providers: readonly string[];
  readonly apiKeys: number;
  readonly codes: boolean;
}

/** Before anybody has shown that an address is theirs, its account is that of whoever registered it: who may be another, and have more ways in than the password. */
@Injectable()
export class FirstProof {
  constructor(
    private readonly verifications: VerificationService,
    private readonly apiKeys: ApiKeyService,
  ) {}

  /** By whoever reads what comes to the address, and chose the password. The account is held. Tells what is good for nothing any more, for the note of it. */
  async take(tx: Tx, account: Account): Promise<TakenAway | undefined> {
    if (account.emailVerifiedAt !== null) return undefined;
    const passkeys = await this.passkeys(tx, account.id);
    const providers = await this.providers(tx, account.id);
    const apiKeys = await this.apiKeys.end(tx, account.id);
    const codes = await this.codes(tx, account.id);
    await tx.get(PlaceStore).forget(account.id);
    await this.verifications.markVerified(tx, account);
    return { passkeys, providers, apiKeys, codes };
  }

  private async passkeys(tx: Tx, personId: string): Promise<number> {
    const store = tx.get(PasskeyStore);
    const passkeys = await store.of(personId);
    for (const { id } of passkeys) {
      await store.remove(personId, id);
      await tellWayIn(tx, { userId: personId, way: 'passkey', change: 'removed' });
    }
    return passkeys.length;
  }

  private async providers(tx: Tx, personId: string): Promise<readonly string[]> {
    const store = tx.get(OutsideStore);
    const links = await store.of(personId);
    for (const { id } of links) {
      await store.delete(id);
      await tellWayIn(tx, { userId: personId, way: 'provider', change: 'removed' });
    }
    return links.map(({ provider }) => provider);
  }

  /** Whether any were asked for. A secret that no code has confirmed goes, too: whoever has it may have a token of before. */
  private async codes(tx: Tx, personId: string): Promise<boolean> {
    const store = tx.get(SecondFactorStore);
    const totp = await store.lock(personId);
    const isOn = totp !== undefined && totp.confirmedAt !== null;
    await (isOn ? turnOff(tx, personId, 'off') : store.remove(personId));
    return isOn;
  }
}
