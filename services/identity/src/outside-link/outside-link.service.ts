import type { Caller } from '@mela/bus';
import { Db, lasting } from '@mela/chassis';
import { isRefusal, OutsideLinkUnknown, Suspended, type identity, type In, type Out, type OutsideLink, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { OutsideProofs } from '../outside-flow/outside-proofs.ts';
import { OutsideProviders } from '../outside/outside-providers.ts';
import { asLink, mayLink, type Vouched } from '../outside/outside.ts';
import { OutsideStore } from '../outside/outside.store.ts';
import { OwnerProofs } from '../owner-proof/owner-proofs.ts';
import { AccountGone } from '../person/account-gone.ts';
import { PersonStore, type Credentials } from '../person/person.store.ts';
import { tellWayIn } from '../ways-in/tell-way-in.ts';
import { mayLeave } from '../ways-in/ways-in.ts';
import { WaysInStore } from '../ways-in/ways-in.store.ts';

/** Which providers vouch for somebody: said by themselves, who show that it is them, and never by an address. */
@Injectable()
export class OutsideLinkService {
  constructor(
    private readonly db: Db,
    private readonly providers: OutsideProviders,
    private readonly owners: OwnerProofs,
    private readonly proofs: OutsideProofs,
    private readonly audit: AuditService,
  ) {}

  async list({ personId }: Caller): Promise<Out<typeof identity.outsideLinks> | Refusal> {
    const account = await this.db.get(PersonStore).credentialsOf({ id: personId });
    if (!account) return AccountGone();
    const links = await this.db.get(OutsideStore).of(personId);
    return { items: links.map(asLink), hasPassword: account.passwordHash !== null };
  }

  async link(caller: Caller, { provider, proof, ...shown }: In<typeof identity.linkOutside>): Promise<OutsideLink | Refusal> {
    const holder = await this.owners.check(caller, shown);
    if (isRefusal(holder)) return holder;
    const vouched = await this.proofs.vouched(provider, proof);
    const outcome = isRefusal(vouched) ? vouched : await this.keep(caller, holder, vouched);
    // What a page’s sign-in gave is used up, whatever came of it.
    return 'code' in proof && isRefusal(outcome) ? lasting(outcome) : outcome;
  }

  unlink(caller: Caller, linkId: string): Promise<Out<typeof identity.unlinkOutside> | Refusal> {
    const { personId } = caller;
    return this.db.transaction(async (tx) => {
      // Held, so that of two links that are taken away at once one stays.
      if (!(await tx.get(PersonStore).lock({ id: personId }))) return AccountGone();
      const links = await tx.get(OutsideStore).of(personId);
      const link = links.find(({ id }) => id === linkId);
      if (!link) return OutsideLinkUnknown();
      await tx.get(OutsideStore).delete(linkId);
      const refused = mayLeave(await tx.get(WaysInStore).of(personId), this.providers);
      if (refused) return refused;
      await tellWayIn(tx, { userId: personId, way: 'provider', change: 'removed' });
      await this.audit.note(tx, { what: 'outside_unlinked', by: caller, about: personId, details: { provider: link.provider } });
      return { unlinked: linkId };
    });
  }

  private keep(caller: Caller, holder: Credentials, vouched: Vouched): Promise<OutsideLink | Refusal> {
    const { personId } = caller;
    const { provider, issuer, subject } = vouched;
    return this.db.transaction(async (tx) => {
      const outside = tx.get(OutsideStore);
      await outside.inTurn(vouched);
      const account = await this.owners.held(tx, holder);
      if (isRefusal(account)) return account;
      if (account.suspendedAt !== null) return Suspended();
      const linked = await outside.find(vouched);
      const refused = mayLink(personId, linked);
      if (refused) return refused;
      if (linked) return asLink(linked);
      await outside.insert({ id: uuidv7(), personId, provider, issuer, subject });
      await tellWayIn(tx, { userId: personId, way: 'provider', change: 'added' });
      await this.audit.note(tx, { what: 'outside_linked', by: caller, about: personId, details: { provider } });
      return asLink((await outside.find(vouched))!);
    });
  }
}
