import { Api, Handles, type Caller } from '@mela/bus';
import { identity, type In } from '@mela/contracts';
import { viewerOf } from './card.ts';
import { CardService } from './card.service.ts';

@Api()
export class CardApi {
  constructor(private readonly cards: CardService) {}

  @Handles(identity.person)
  one({ personId }: In<typeof identity.person>, caller: Caller | undefined) {
    return this.cards.one(viewerOf(caller), personId);
  }

  @Handles(identity.personByHandle)
  byHandle({ handle }: In<typeof identity.personByHandle>, caller: Caller | undefined) {
    return this.cards.byHandle(viewerOf(caller), handle);
  }

  @Handles(identity.people)
  many({ ids }: In<typeof identity.people>, caller: Caller) {
    return this.cards.many(viewerOf(caller), ids);
  }

  @Handles(identity.peopleForServices)
  manyForServices({ ids }: In<typeof identity.peopleForServices>) {
    return this.cards.many({ isSignedIn: true }, ids);
  }
}
