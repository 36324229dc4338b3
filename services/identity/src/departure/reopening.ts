import type { Tx } from '@mela/chassis';
import { UserDeletionCancelled, UserReactivated } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.ts';
import { CardService } from '../card/card.service.ts';
import type { Account } from '../person/person.ts';
import { DepartureStore } from './departure.store.ts';

/** Whoever signs in has come back: nothing else opens an account that its owner closed. */
@Injectable()
export class Reopening {
  constructor(
    private readonly cards: CardService,
    private readonly audit: AuditService,
  ) {}

  /** The account is held. */
  async reopen(tx: Tx, { id, deletionDueAt }: Account): Promise<Account> {
    const open = await tx.get(DepartureStore).reopen(id);
    tx.emit(deletionDueAt === null ? UserReactivated : UserDeletionCancelled, open, { userId: id });
    await this.cards.renew(tx, id);
    await this.audit.note(tx, { what: deletionDueAt === null ? 'reactivated' : 'deletion_cancelled', by: { personId: id }, about: id });
    return open;
  }
}
