import type { Caller } from '@mela/bus';
import { Db, decodeKeyset, pageOfRows, type Tx } from '@mela/chassis';
import { isRefusal, PersonUnknown, UserRestored, UserSuspended, type Account, type identity, type In, type Out, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { ApiKeyService } from '../api-key/api-key.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { Account as Kept } from '../person/person.ts';
import { endSessions } from '../session/end-sessions.ts';
import { asAccount } from './account.ts';
import { AccountStore } from './account.store.ts';
import { lookAfter } from './look-after.ts';

@Injectable()
export class AccountService {
  constructor(
    private readonly db: Db,
    private readonly apiKeys: ApiKeyService,
    private readonly audit: AuditService,
  ) {}

  async list({ after, limit, ...filter }: In<typeof identity.accounts>): Promise<Out<typeof identity.accounts> | Refusal> {
    const behind = decodeKeyset(after);
    if (isRefusal(behind)) return behind;
    const rows = await this.db.get(AccountStore).newestOf(filter, behind, limit + 1);
    return pageOfRows(rows, limit, { key: ({ exactAt, id }) => [exactAt, id], item: asAccount });
  }

  async read({ personId }: In<typeof identity.account>): Promise<Account | Refusal> {
    const account = await this.db.get(AccountStore).find(personId);
    return account ? asAccount(account) : PersonUnknown();
  }

  suspend(caller: Caller, { personId, reason }: In<typeof identity.suspend>): Promise<Account | Refusal> {
    return this.admit(caller, personId, async (tx, other) => {
      if (other.suspendedAt !== null) return;
      const suspended = await tx.get(AccountStore).suspend(personId, caller.personId, reason);
      tx.emit(UserSuspended, suspended, { userId: personId });
      const sessions = await endSessions(tx, personId);
      const apiKeys = await this.apiKeys.end(tx, personId);
      await this.audit.note(tx, { what: 'suspended', by: caller, about: personId, details: { reason, sessions, ...(apiKeys > 0 ? { apiKeys } : {}) } });
    });
  }

  restore(caller: Caller, { personId }: In<typeof identity.restore>): Promise<Account | Refusal> {
    return this.admit(caller, personId, async (tx, other) => {
      if (other.suspendedAt === null) return;
      const restored = await tx.get(AccountStore).restore(personId);
      tx.emit(UserRestored, restored, { userId: personId });
      await this.audit.note(tx, { what: 'restored', by: caller, about: personId });
    });
  }

  private admit(caller: Caller, personId: string, change: (tx: Tx, other: Kept) => Promise<void>): Promise<Account | Refusal> {
    return this.db.transaction(async (tx) => {
      const other = await lookAfter(tx, caller, personId);
      if (isRefusal(other)) return other;
      await change(tx, other);
      return asAccount((await tx.get(AccountStore).find(personId))!);
    });
  }
}
