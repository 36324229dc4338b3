import { Db, type Tidies, type Tx } from '@mela/chassis';
import {
  EmailVerified, isRefusal, TokenRefused, UserEmailVerified, VerificationRequested,
  type identity, type In, type Out, type Person, type Refusal,
} from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AccountGone } from '../person/account-gone.ts';
import { asPerson, type Account } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { OneTimeTokens } from './one-time-token.ts';
import { lifetime, standingOf, type Purpose } from './verification.ts';
import { VerificationStore, type VerificationNow } from './verification.store.ts';

interface Asked {
  readonly purpose: Purpose;
  readonly email: string;
  readonly personId?: string;
  readonly changeId?: string;
}

@Injectable()
export class VerificationService implements Tidies {
  constructor(
    private readonly db: Db,
    private readonly tokens: OneTimeTokens,
  ) {}

  /** A mail with a one-time link is due. Those of before that were for the same are worth nothing. */
  async request(tx: Tx, { purpose, email, personId, changeId }: Asked): Promise<void> {
    const verifications = tx.get(VerificationStore);
    await verifications.takeTurn(email);
    // One change of address ends with its person's next, not with somebody else's who wants the same.
    if (changeId === undefined) await verifications.supersede(email, [purpose]);
    const id = uuidv7();
    await verifications.insert({ id, purpose, email, personId: personId ?? null, changeId: changeId ?? null, ...this.tokens.make(id) }, lifetime[purpose]);
    tx.emit(VerificationRequested, { id, version: 1 }, { verificationId: id });
  }

  /** Whose address the token would be taken for now, if it would: asked before work that is worth sparing. */
  async emailFor(token: string, purpose: Purpose): Promise<string | undefined> {
    const verification = await this.read(token, [purpose]);
    return isRefusal(verification) ? undefined : verification.email;
  }

  /** What the token stands for. It is used with that, for good: of many at once, one gets it. */
  async take(tx: Tx, token: string, purposes: readonly Purpose[]): Promise<VerificationNow | Refusal> {
    const presented = await this.read(token, purposes);
    if (isRefusal(presented)) return presented;
    const verifications = tx.get(VerificationStore);
    await verifications.takeTurn(presented.email);
    const verification = await this.read(token, purposes);
    if (!isRefusal(verification)) await verifications.use(verification.id);
    return verification;
  }

  verifyEmail({ token }: In<typeof identity.verifyEmail>): Promise<Person | Refusal> {
    return this.db.transaction(async (tx) => {
      const verification = await this.take(tx, token, ['verify_email']);
      if (isRefusal(verification)) return verification;
      const people = tx.get(PersonStore);
      const account = await people.lock({ id: verification.personId! });
      if (account?.email !== verification.email) return TokenRefused();
      return asPerson(await this.markVerified(tx, account));
    });
  }

  again(personId: string): Promise<Out<typeof identity.verifyEmailAgain> | Refusal> {
    return this.db.transaction(async (tx) => {
      const account = await tx.get(PersonStore).lock({ id: personId });
      if (!account) return AccountGone();
      if (account.emailVerifiedAt !== null) return EmailVerified();
      await this.request(tx, { purpose: 'verify_email', email: account.email, personId });
      return { accepted: true as const };
    });
  }

  /** The account is held. */
  async markVerified(tx: Tx, account: Account): Promise<Account> {
    if (account.emailVerifiedAt !== null) return account;
    const verified = await tx.get(PersonStore).markVerified(account.id);
    tx.emit(UserEmailVerified, verified, { userId: verified.id });
    return verified;
  }

  /** Any replica may do it, and two at once do no harm. */
  async tidy(): Promise<void> {
    await this.db.get(VerificationStore).forgetOld();
  }

  private async read(token: string, purposes: readonly Purpose[]): Promise<VerificationNow | Refusal> {
    const id = this.tokens.idIn(token);
    const verification = id === undefined ? undefined : await this.db.get(VerificationStore).find(id);
    const good = verification && this.tokens.matches(token, verification) && purposes.includes(verification.purpose) && standingOf(verification, verification.at) === 'open';
    return good ? verification : TokenRefused();
  }
}
