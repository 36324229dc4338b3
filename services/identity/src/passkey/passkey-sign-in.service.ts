import { Db, lasting, type Tx } from '@mela/chassis';
import { PasskeyRefused, type identity, type In, type Out, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { PersonStore } from '../person/person.store.ts';
import { SessionOpening } from '../session/session-opening.ts';
import { Ceremonies } from './ceremonies.ts';
import { isCopied, type PasskeyState } from './passkey.ts';
import { PasskeyStore } from './passkey.store.ts';

@Injectable()
export class PasskeySignInService {
  constructor(
    private readonly db: Db,
    private readonly ceremonies: Ceremonies,
    private readonly opening: SessionOpening,
    private readonly audit: AuditService,
  ) {}

  async options(): Promise<Out<typeof identity.passkeySignInOptions>> {
    return { options: await this.ceremonies.request() };
  }

  signIn({ credential, device }: In<typeof identity.signInWithPasskey>): Promise<Session | Refusal> {
    return this.db.transaction(async (tx) => {
      const store = tx.get(PasskeyStore);
      const personId = await store.ownerOf(credential.id);
      // The account before its passkeys, as wherever both are held: so that nobody waits in a circle.
      const account = personId === undefined ? undefined : await tx.get(PersonStore).hold(personId);
      const passkey = account && (await store.lock(credential.id));
      if (!passkey) return PasskeyRefused();
      const shown = await this.ceremonies.shown(credential, passkey);
      if (!shown) return this.refuse(tx, passkey, device, { why: 'not_signed_for_this' });
      if (!(await store.spend(shown.challenge))) return this.refuse(tx, passkey, device, { why: 'shown_before' });
      if (isCopied(passkey, shown.counter)) return this.refuse(tx, passkey, device, { why: 'counted_back', counter: shown.counter, expectedAbove: passkey.counter });
      await store.use(passkey.id, shown.counter, shown.isBackedUp);
      return this.opening.open(tx, account, device);
    });
  }

  /** Whose passkey was tried reads of it; of one that nobody has there is nobody to tell. */
  private async refuse(tx: Tx, { id, personId }: PasskeyState, device: string | undefined, why: Readonly<Record<string, unknown>>): Promise<Refusal> {
    await this.audit.note(tx, { what: 'passkey_refused', by: null, about: personId, device, details: { passkeyId: id, ...why } });
    return lasting(PasskeyRefused());
  }
}
