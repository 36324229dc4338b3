import { Hears } from '@mela/bus';
import { ProfileChanged, type EventOf } from '@mela/contracts';
import { CardService } from '../card/card.service.ts';

/** Whoever changed a profile has said so before; this is for when Redis was not there, or they died. */
@Hears(ProfileChanged, { as: 'identity.profile-changed' })
export class OnProfileChanged {
  constructor(private readonly cards: CardService) {}

  handle({ data, aggregateVersion }: EventOf<typeof ProfileChanged>) {
    return this.cards.outdate(data.userId, aggregateVersion);
  }
}
