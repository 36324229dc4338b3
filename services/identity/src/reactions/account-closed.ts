import { Hears } from '@mela/bus';
import { UserDeactivated, UserDeletionCancelled, UserDeletionRequested, UserReactivated, type EventOf } from '@mela/contracts';
import { CardService } from '../card/card.service.ts';

/** As with a profile that has changed: for when Redis was not there, or whoever closed or opened the account died. */
@Hears([UserDeactivated, UserReactivated, UserDeletionRequested, UserDeletionCancelled], { as: 'identity.account-closed' })
export class OnAccountClosed {
  constructor(private readonly cards: CardService) {}

  handle({ data }: EventOf<typeof UserDeactivated>) {
    return this.cards.outdateWhatever(data.userId);
  }
}
