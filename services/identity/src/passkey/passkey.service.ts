import type { Caller } from '@mela/bus';
import { Db } from '@mela/chassis';
import { isRefusal, PasskeyNotAdded, PasskeyTaken, PasskeyUnknown, type identity, type In, type Out, type Passkey, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { OutsideProviders } from '../outside/outside-providers.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { PersonStore } from '../person/person.store.ts';
import { tellWayIn } from '../ways-in/tell-way-in.ts';
import { mayLeave } from '../ways-in/ways-in.ts';
import { WaysInStore } from '../ways-in/ways-in.store.ts';
import { Ceremonies } from './ceremonies.ts';
import { asPasskey, mayAdd } from './passkey.ts';
import { PasskeyStore } from './passkey.store.ts';

@Injectable()
export class PasskeyService {
  constructor(
    private readonly db: Db,
    private readonly owners: OwnerProofs,
    private readonly ceremonies: Ceremonies,
    private readonly providers: OutsideProviders,
    private readonly audit: AuditService,
  ) {}

  async list(personId: string): Promise<Out<typeof identity.passkeys>> {
    return { items: (await this.db.get(PasskeyStore).of(personId)).map(asPasskey) };
  }

  async options(caller: Caller, shown: In<typeof identity.passkeyOptions>): Promise<Out<typeof identity.passkeyOptions> | Refusal> {
    const known = await this.db.get(PasskeyStore).of(caller.personId);
    // Before what is shown: that may be good for once only.
    const refused = mayAdd(known);
    if (refused) return refused;
    const account = await this.owners.check(caller, shown);
    return isRefusal(account) ? account : { options: await this.ceremonies.creation(account, known) };
  }

  async add(caller: Caller, { name, credential }: In<typeof identity.addPasskey>): Promise<Passkey | Refusal> {
    const { personId } = caller;
    const owner = await this.db.get(PersonStore).credentialsOf({ id: personId });
    const made = owner && (await this.ceremonies.made(owner, credential));
    if (!made) return PasskeyNotAdded();
    return this.db.transaction(async (tx) => {
      // With a password of before nothing is made that outlives it.
      if ((await tx.get(PersonStore).holdCredentials(personId))?.passwordHash !== owner.passwordHash) return PasskeyNotAdded();
      const store = tx.get(PasskeyStore);
      if (!(await store.spend(made.challenge))) return PasskeyNotAdded();
      const refused = mayAdd(await store.of(personId));
      if (refused) return refused;
      const { credentialId, publicKey, counter, isBackedUp } = made;
      const passkey = await store.insert({ id: uuidv7(), personId, credentialId, publicKey, counter, name, isBackedUp, transports: credential.response.transports ?? [] });
      if (!passkey) return PasskeyTaken();
      await tellWayIn(tx, { userId: personId, way: 'passkey', change: 'added' });
      await this.audit.note(tx, { what: 'passkey_added', by: caller, about: personId, details: { passkeyId: passkey.id } });
      return asPasskey(passkey);
    });
  }

  async rename({ personId }: Caller, { passkeyId, name }: In<typeof identity.renamePasskey>): Promise<Passkey | Refusal> {
    const renamed = await this.db.get(PasskeyStore).rename(personId, passkeyId, name);
    return renamed ? asPasskey(renamed) : PasskeyUnknown();
  }

  remove(caller: Caller, { passkeyId }: In<typeof identity.removePasskey>): Promise<Out<typeof identity.removePasskey> | Refusal> {
    const { personId } = caller;
    return this.db.transaction(async (tx) => {
      // Of two that are removed at once the second one is the last.
      await tx.get(PersonStore).lock({ id: personId });
      if (!(await tx.get(PasskeyStore).remove(personId, passkeyId))) return PasskeyUnknown();
      const refused = mayLeave(await tx.get(WaysInStore).of(personId), this.providers);
      if (refused) return refused;
      await tellWayIn(tx, { userId: personId, way: 'passkey', change: 'removed' });
      await this.audit.note(tx, { what: 'passkey_removed', by: caller, about: personId, details: { passkeyId } });
      return { removed: 1 };
    });
  }

  /** Any replica may do it, and two at once do no harm. */
  async tidy(): Promise<void> {
    await this.db.get(PasskeyStore).forgetChallenges();
  }
}
