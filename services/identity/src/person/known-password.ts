import { Db } from '@mela/chassis';
import { InvalidToken, isRefusal, WrongPassword, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { PasswordHasher } from './password-hasher.ts';
import { PersonStore, type Credentials } from './person.store.ts';

/** For what a session alone is not enough: whoever took one does not know the password. */
@Injectable()
export class KnownPassword {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
  ) {}

  async check(personId: string, password: string): Promise<Credentials | Refusal> {
    const account = await this.db.get(PersonStore).credentialsOf({ id: personId });
    if (!account) return InvalidToken('Its account is gone');
    const matches = await this.hasher.matches(password, account.passwordHash ?? undefined);
    if (isRefusal(matches)) return matches;
    return matches && account.passwordHash !== null ? account : WrongPassword();
  }
}
