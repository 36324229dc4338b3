import { currentContext } from '@mela/bus';
import { Db, type Tx } from '@mela/chassis';
import { isRefusal, OutsideTokenRefused, UserEmailVerified, UserRegistered, type identity, type In, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/audit.service.ts';
import { AccountGone } from '../person/account-gone.ts';
import { languageOfNewcomer } from '../person/language.ts';
import { writeAccount } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { Challenges } from '../second-factor/challenges.ts';
import { SessionOpening } from '../session/session-opening.ts';
import { OutsideProviders } from './outside-providers.ts';
import { AddressHasAccount, newcomer, type Vouched } from './outside.ts';
import { OutsideStore, type OutsideRow } from './outside.store.ts';

interface Arrival {
  readonly name?: string | undefined;
  readonly device?: string | undefined;
}

@Injectable()
export class OutsideService {
  constructor(
    private readonly db: Db,
    private readonly providers: OutsideProviders,
    private readonly challenges: Challenges,
    private readonly opening: SessionOpening,
    private readonly audit: AuditService,
  ) {}

  async signIn({ provider, idToken, nonce, ...arrival }: In<typeof identity.signInOutside>): Promise<Session | Refusal> {
    const vouched = await this.providers.vouched(provider, idToken, nonce);
    return isRefusal(vouched) ? vouched : this.admit(vouched, arrival);
  }

  /** Whoever was vouched for: known by the subject and nothing else, or new. */
  admit(vouched: Vouched, arrival: Arrival): Promise<Session | Refusal> {
    return this.db.transaction(async (tx) => {
      const outside = tx.get(OutsideStore);
      const known = await outside.find(vouched);
      if (known) return this.return(tx, known, arrival);
      await outside.inTurn(vouched);
      const meanwhile = await outside.find(vouched);
      return meanwhile ? this.return(tx, meanwhile, arrival) : this.welcome(tx, vouched, arrival);
    });
  }

  private async return(tx: Tx, { id, personId }: OutsideRow, { device }: Arrival): Promise<Session | Refusal> {
    // The person before the link, as wherever both are held: so that nobody waits in a circle.
    const held = await tx.get(PersonStore).holdCredentials(personId);
    if (!held) return AccountGone();
    if (!(await tx.get(OutsideStore).used(id))) return OutsideTokenRefused();
    return this.challenges.neededBy(held, device) ?? this.opening.open(tx, held, device);
  }

  private async welcome(tx: Tx, vouched: Vouched, { name, device }: Arrival): Promise<Session | Refusal> {
    const { provider, issuer, subject } = vouched;
    const draft = newcomer(vouched, name);
    if (isRefusal(draft)) return draft;
    const account = await tx.get(PersonStore).insert(writeAccount(draft, null, languageOfNewcomer(currentContext()?.locale)));
    if (!account) return AddressHasAccount();
    await tx.get(OutsideStore).insert({ id: uuidv7(), personId: account.id, provider, issuer, subject });
    tx.emit(UserRegistered, account, { userId: account.id });
    // The provider has asked for it to be shown, or it would vouch for none.
    const verified = await tx.get(PersonStore).markVerified(account.id);
    tx.emit(UserEmailVerified, verified, { userId: account.id });
    await this.audit.note(tx, { what: 'registered', by: { personId: account.id }, about: account.id, device, details: { provider } });
    return this.opening.open(tx, verified, device);
  }
}
