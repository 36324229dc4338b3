import { Db, lasting } from '@mela/chassis';
import { InvalidToken, isRefusal, WrongPassword, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { SignInThrottle } from '../throttle/sign-in-throttle.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PersonStore, type Credentials } from './person.store.ts';

/** For what a session alone is not enough: whoever took one does not know the password, and guesses at it no oftener than anybody else. */
@Injectable()
export class KnownPassword {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly throttle: SignInThrottle,
  ) {}

  async check(personId: string, password: string): Promise<Credentials | Refusal> {
    // Held, where a transaction is open: the account before what is counted of it, as whoever signs in holds them.
    const account = await this.db.get(PersonStore).holdCredentials(personId);
    if (!account) return InvalidToken('Its account is gone');
    // Nobody guesses at what is not there.
    if (account.passwordHash === null) return WrongPassword();
    const attempt = await this.throttle.admit(account.email);
    if (isRefusal(attempt)) return attempt;
    const matches = await this.hasher.matches(password, account.passwordHash);
    if (isRefusal(matches)) {
      await attempt.giveBack();
      return matches;
    }
    // A guess stays counted, whatever it was to be good for.
    if (!matches) return lasting(WrongPassword());
    await this.db.transaction((tx) => attempt.succeed(tx));
    return account;
  }
}
