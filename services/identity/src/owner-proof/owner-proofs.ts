import { Db, lasting } from '@mela/chassis';
import { InvalidToken, isRefusal, ProofRefused, WrongPassword, type identity, type In, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { OutsideProofs } from '../outside-flow/outside-proofs.ts';
import { OutsideStore } from '../outside/outside.store.ts';
import { KnownPassword } from '../person/known-password.ts';
import { PersonStore, type Credentials } from '../person/person.store.ts';
import { isOfNow } from './owner-proof.ts';

type Shown = Pick<In<typeof identity.deactivate>, 'password' | 'word'>;
type Word = NonNullable<Shown['word']>;

/** For what a session alone is not enough: the password, or of whoever has none the word of a provider of theirs. */
@Injectable()
export class OwnerProofs {
  constructor(
    private readonly db: Db,
    private readonly passwords: KnownPassword,
    private readonly proofs: OutsideProofs,
  ) {}

  async check(personId: string, { password, word }: Shown): Promise<Credentials | Refusal> {
    if (word === undefined) return this.passwords.check(personId, password ?? '');
    const account = await this.db.get(PersonStore).credentialsOf({ id: personId });
    if (!account) return InvalidToken('Its account is gone');
    // Whoever has a password is asked for that, whatever else they have.
    if (account.passwordHash !== null) return WrongPassword();
    const refused = await this.unlessTheirs(personId, word);
    if (!refused) return account;
    return 'code' in word.proof ? lasting(refused) : refused;
  }

  private async unlessTheirs(personId: string, { provider, proof }: Word): Promise<Refusal | undefined> {
    const vouched = await this.proofs.vouched(provider, proof);
    // Their own token is no worse for a provider's that is not good.
    if (isRefusal(vouched)) return vouched.status === 401 ? ProofRefused() : vouched;
    const link = await this.db.get(OutsideStore).find(vouched);
    return link?.personId === personId && isOfNow(vouched.claims, new Date()) ? undefined : ProofRefused();
  }
}
