import { Db } from '@mela/chassis';
import { ChallengeRefused, isRefusal, WrongCode, type identity, type In, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { PersonStore } from '../person/person.store.ts';
import { SessionOpening } from '../session/session-opening.ts';
import { Challenges } from './challenges.ts';
import { Proofs } from './proofs.ts';
import { mayGoOn, proofOf } from './second-factor.ts';
import { SecondFactorStore } from './second-factor.store.ts';

/** What a sign-in goes on with, for whom a password, or a provider’s word, is not enough. */
@Injectable()
export class SecondStepService {
  constructor(
    private readonly db: Db,
    private readonly challenges: Challenges,
    private readonly proofs: Proofs,
    private readonly opening: SessionOpening,
  ) {}

  async signIn({ challenge: shown, ...input }: In<typeof identity.signInWithCode>): Promise<Session | Refusal> {
    const challenge = this.challenges.read(shown, Date.now());
    if (!challenge) return ChallengeRefused();
    const proof = proofOf(input);
    if (isRefusal(proof)) return proof;
    const { id, personId, device } = challenge;
    return this.db.transaction(async (tx) => {
      // The account before its codes, as wherever both are held: so that nobody waits in a circle.
      const account = await tx.get(PersonStore).holdCredentials(personId);
      if (!account || !this.challenges.isOf(challenge, account.passwordHash)) return ChallengeRefused();
      const store = tx.get(SecondFactorStore);
      const totp = await store.lock(personId);
      // Asked for when it was given: whoever turned codes off since signs in with the password.
      if (!totp || totp.confirmedAt === null) return ChallengeRefused();
      const over = mayGoOn(await store.challenge(id));
      if (over) return over;
      const refused = await this.proofs.take(tx, totp, proof, { by: null, device });
      if (refused?.code === WrongCode.code) await store.noteTried(challenge, { isSpent: false });
      if (refused) return refused;
      await store.noteTried(challenge, { isSpent: true });
      return this.opening.open(tx, account, device);
    });
  }
}
