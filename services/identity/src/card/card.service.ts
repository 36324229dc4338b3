import { Db } from '@mela/chassis';
import { PersonUnknown, type identity, type Out, type PersonCard, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { HandleStore } from '../handle/handle.store.ts';
import { seesEmail, show, type CardState, type Viewer } from './card.ts';
import { CardStore } from './card.store.ts';

@Injectable()
export class CardService {
  constructor(private readonly db: Db) {}

  async one(viewer: Viewer, id: string): Promise<PersonCard | Refusal> {
    const [card] = (await this.many(viewer, [id])).items;
    return card ?? PersonUnknown();
  }

  async byHandle(viewer: Viewer, handle: string): Promise<PersonCard | Refusal> {
    const id = await this.db.get(HandleStore).ownerOf(handle);
    return id === undefined ? PersonUnknown() : this.one(viewer, id);
  }

  /** Who sees what is decided after the cards were had: they are the same for everybody. */
  async many(viewer: Viewer, ids: readonly string[]): Promise<Out<typeof identity.people>> {
    const once = [...new Set(ids)];
    const known = await this.cardsOf(once);
    const cards = once.flatMap((id) => known.get(id) ?? []);
    const emails = await this.db.get(CardStore).emailsOf(cards.filter((card) => seesEmail(viewer, card)).map(({ id }) => id));
    return { items: cards.map((card) => show(card, viewer, emails.get(card.id))) };
  }

  private async cardsOf(ids: readonly string[]): Promise<ReadonlyMap<string, CardState>> {
    const cards = await this.db.get(CardStore).of(ids);
    return new Map(cards.map((card) => [card.id, card]));
  }
}
