import { Db } from '@mela/chassis';
import { isRefusal, TokenRefused, UserPasswordChanged, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { EmailChangeStore } from '../email-change/email-change.store.ts';
import { NewPasswords } from '../person/new-passwords.ts';
import { foldedEmail } from '../person/person.ts';
import { PersonStore } from '../person/person.store.ts';
import { endSessions } from '../session/end-sessions.ts';
import { SignInThrottle } from '../throttle/sign-in-throttle.ts';
import { VerificationService } from '../verification/verification.service.ts';
import { VerificationStore } from '../verification/verification.store.ts';
import { FirstProof } from './first-proof.ts';

/** Mails that one address gets in the time of a token: after so many there is none more while one of them is good, whoever asked for it. */
const MOST_AT_A_TIME = 5;

@Injectable()
export class ForgottenPasswordService {
  constructor(
    private readonly db: Db,
    private readonly passwords: NewPasswords,
    private readonly verifications: VerificationService,
    private readonly firstProof: FirstProof,
    private readonly throttle: SignInThrottle,
    private readonly audit: AuditService,
  ) {}

  /** Nobody is looked up: an address that nobody has takes the same steps, says the same and is counted the same. */
  forgot({ email }: In<typeof identity.forgotPassword>): Promise<Out<typeof identity.forgotPassword>> {
    const address = foldedEmail(email);
    return this.db.transaction(async (tx) => {
      const verifications = tx.get(VerificationStore);
      await verifications.takeTurn(address);
      const { asked, isOneOpen } = await verifications.young(address, 'reset_password');
      if (asked < MOST_AT_A_TIME || !isOneOpen) await this.verifications.request(tx, { purpose: 'reset_password', email: address });
      return { accepted: true as const };
    });
  }

  /** Whoever is signed in may be why it was lost. */
  async reset({ token, newPassword }: In<typeof identity.resetPassword>): Promise<Out<typeof identity.resetPassword> | Refusal> {
    // Hashing is dear: nobody has it done with a token that is worth nothing.
    const email = await this.verifications.emailFor(token, 'reset_password');
    const holder = email === undefined ? undefined : await this.db.get(PersonStore).holderOf({ email });
    if (!holder) return TokenRefused();
    const hash = await this.passwords.take(newPassword, holder);
    if (isRefusal(hash)) return hash;
    return this.db.transaction(async (tx) => {
      const verification = await this.verifications.take(tx, token, ['reset_password']);
      if (isRefusal(verification)) return verification;
      const people = tx.get(PersonStore);
      const account = await people.lock({ email: verification.email });
      if (!account) return TokenRefused();
      const changed = (await people.changePassword(account.id, hash))!;
      tx.emit(UserPasswordChanged, changed, { userId: account.id });
      await tx.get(EmailChangeStore).supersede(account.id);
      const takenAway = await this.firstProof.take(tx, account);
      await this.throttle.letIn(tx, account);
      const ended = await endSessions(tx, account.id);
      await this.audit.note(tx, { what: 'password_reset', by: { personId: account.id }, about: account.id, details: { ended, ...takenAway } });
      return { ended };
    });
  }
}
