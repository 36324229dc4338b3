import type { Caller } from '@mela/bus';
import { Db, lasting, type Tx } from '@mela/chassis';
import { CodeNeeded, isRefusal, ProofRefused, WrongPassword, type identity, type In, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { OutsideProofs } from '../outside-flow/outside-proofs.ts';
import { OutsideStore } from '../outside/outside.store.ts';
import { AccountGone } from '../person/account-gone.ts';
import { KnownPassword } from '../person/known-password.ts';
import { PersonStore, type Credentials } from '../person/person.store.ts';
import { Proofs } from '../second-factor/proofs.ts';
import { proofOf } from '../second-factor/second-factor.ts';
import { isOfNow } from './owner-proof.ts';

type Shown = In<typeof identity.deactivate>;
type Word = NonNullable<Shown['word']>;

/** For what a session alone is not enough: the password, or of whoever has none the word of a provider of theirs; and a code, where one is asked for when they sign in. */
@Injectable()
export class OwnerProofs {
  constructor(
    private readonly db: Db,
    private readonly passwords: KnownPassword,
    private readonly words: OutsideProofs,
    private readonly codes: Proofs,
    private readonly audit: AuditService,
  ) {}

  async check(caller: Caller, shown: Shown): Promise<Credentials | Refusal> {
    const account = await this.withoutCode(caller, shown);
    if (isRefusal(account) || !account.codesOn) return account;
    return (await this.unlessWithCode(caller, shown)) ?? account;
  }

  /** Whoever has shown that, held for a change that outlives a password: with one of before nothing is made. */
  async held(tx: Tx, { id, passwordHash }: Credentials): Promise<Credentials | Refusal> {
    const account = await tx.get(PersonStore).holdCredentials(id);
    if (!account) return AccountGone();
    return account.passwordHash === passwordHash ? account : WrongPassword();
  }

  private async unlessWithCode(caller: Caller, shown: Shown): Promise<Refusal | undefined> {
    if (shown.code === undefined && shown.recoveryCode === undefined) return CodeNeeded();
    const proof = proofOf(shown);
    if (isRefusal(proof)) return proof;
    return this.db.transaction(async (tx) => {
      const totp = await this.codes.held(tx, caller.personId);
      return totp && this.codes.take(tx, totp, proof, { by: caller });
    });
  }

  private async withoutCode(caller: Caller, { password, word }: Shown): Promise<Credentials | Refusal> {
    if (word === undefined) return this.passwords.check(caller, password ?? '');
    const { personId } = caller;
    const account = await this.db.get(PersonStore).credentialsOf({ id: personId });
    if (!account) return AccountGone();
    // Whoever has a password is asked for that, whatever else they have.
    if (account.passwordHash !== null) return WrongPassword();
    const refused = await this.unlessTheirs(personId, word);
    if (!refused) return account;
    if (refused.code === ProofRefused.code) return this.noted(caller, refused);
    return 'code' in word.proof ? lasting(refused) : refused;
  }

  /** As a wrong password is. */
  private noted(caller: Caller, refused: Refusal): Promise<Refusal> {
    return this.db.transaction(async (tx) => {
      await this.audit.note(tx, { what: 'proof_failed', by: caller, about: caller.personId });
      return lasting(refused);
    });
  }

  private async unlessTheirs(personId: string, { provider, proof }: Word): Promise<Refusal | undefined> {
    const vouched = await this.words.vouched(provider, proof);
    // Their own token is no worse for a provider's that is not good.
    if (isRefusal(vouched)) return vouched.status === 401 ? ProofRefused() : vouched;
    const link = await this.db.get(OutsideStore).find(vouched);
    return link?.personId === personId && isOfNow(vouched.claims, new Date()) ? undefined : ProofRefused();
  }
}
