import type { Caller } from '@mela/bus';
import { Db, lasting } from '@mela/chassis';
import { isRefusal, WrongPassword, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { SignInThrottle } from '../throttle/sign-in-throttle.ts';
import { AccountGone } from './account-gone.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PersonStore, type Credentials } from './person.store.ts';

/** For what a session alone is not enough: whoever took one does not know the password, and guesses at it no oftener than anybody else. */
@Injectable()
export class KnownPassword {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
    private readonly audit: AuditService,
  ) {}

  async check(caller: Caller, password: string): Promise<Credentials | Refusal> {
    const account = await this.db.get(PersonStore).credentialsOf({ id: caller.personId });
    if (!account) return AccountGone();
    // Nobody guesses at what is not there.
    if (account.passwordHash === null) return WrongPassword();
    const matches = await this.hasher.matches(password, account.passwordHash);
    return isRefusal(matches) ? matches : this.counted(caller, account, matches);
  }

  /** Before anybody is told. Nothing was held while it was hashed; now the account is, and then what is counted of it, as whoever signs in holds them. */
  private counted(caller: Caller, { id, email, passwordHash }: Credentials, matches: boolean): Promise<Credentials | Refusal> {
    return this.db.transaction(async (tx) => {
      const held = await tx.get(PersonStore).holdCredentials(id);
      if (!held) return AccountGone();
      const attempt = await this.throttle.admit(email);
      if (isRefusal(attempt)) return attempt;
      // A guess stays counted, and noted, whatever it was to be good for.
      if (!matches || held.passwordHash !== passwordHash) {
        await this.audit.note(tx, { what: 'proof_failed', by: caller, about: id });
        return lasting(WrongPassword());
      }
      await attempt.succeed(tx);
      return held;
    });
  }
}
