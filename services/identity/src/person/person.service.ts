import { Db } from '@mela/chassis';
import { EmailTaken, InvalidToken, isRefusal, UserRegistered, type identity, type In, type Person, type Refusal, type Session } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { SessionService } from '../session/session.service.ts';
import { PasswordHasher } from './password-hasher.ts';
import { asPerson, hearPerson, writeAccount } from './person.ts';
import { PersonStore } from './person.store.ts';

const AccountGone = () => InvalidToken('Its account is gone');

@Injectable()
export class PersonService {
  constructor(
    private readonly db: Db,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionService,
  ) {}

  async register(draft: In<typeof identity.register>): Promise<Session | Refusal> {
    const passwordHash = await this.hasher.hash(draft.password);
    if (isRefusal(passwordHash)) return passwordHash;
    return this.db.transaction(async (tx) => {
      const account = await tx.get(PersonStore).insert(writeAccount(draft, passwordHash));
      if (!account) return EmailTaken();
      tx.emit(UserRegistered, account, { userId: account.id });
      return this.sessions.open(tx, account);
    });
  }

  async find(id: string): Promise<Person | Refusal> {
    const account = await this.db.get(PersonStore).find(id);
    return account ? asPerson(account) : AccountGone();
  }

  async hearing(personId: string, name: string): Promise<ReturnType<typeof hearPerson>> {
    const account = await this.db.get(PersonStore).find(personId);
    return account ? hearPerson(name, account) : AccountGone();
  }
}
