import { Caches, Db, type Cache, type Tx } from '@mela/chassis';
import { PersonUnknown, ProfileChanged, type identity, type Out, type PersonCard, type Refusal } from '@mela/contracts';
import { Injectable } from '@nestjs/common';
import { HandleStore } from '../handle/handle.store.ts';
import { ProfileStore } from '../profile/profile.store.ts';
import { seesEmail, show, type CardState, type Viewer } from './card.ts';
import { CardStore } from './card.store.ts';

/** How long a card may be of before at the most, where it changed while Redis was away and the process that changed it died. */
const KEPT_SECONDS = 300;

/** No version is newer. */
const NEWEST = 2 ** 31 - 1;

@Injectable()
export class CardService {
  private readonly cards: Cache<CardState>;

  constructor(
    private readonly db: Db,
    caches: Caches,
  ) {
    this.cards = caches.open({ name: 'people-1', seconds: KEPT_SECONDS, load: (ids) => this.load(ids) });
  }

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
    const known = await this.cards.get(once);
    const cards = once.flatMap((id) => known.get(id) ?? []);
    const emails = await this.db.get(CardStore).emailsOf(cards.filter((card) => seesEmail(viewer, card)).map(({ id }) => id));
    return { items: cards.map((card) => show(card, viewer, emails.get(card.id))) };
  }

  /** A profile is about to have this version, or has it. */
  outdate(personId: string, version: number): Promise<void> {
    return this.cards.outdate(personId, version);
  }

  /** Of this person the cards of before are wrong, and this is to be said before that commits: none of the fields has changed, only who is seen. */
  async renew(tx: Tx, personId: string): Promise<void> {
    const renewed = await tx.get(ProfileStore).renew(personId);
    // Every version says something, or whoever counts them waits for it for ever.
    tx.emit(ProfileChanged, renewed, { userId: personId, fields: [] });
    await this.outdate(personId, renewed.version);
  }

  /** Of a person who may be gone: nothing of theirs is kept, nor will be, where they are. */
  async outdateWhatever(personId: string): Promise<void> {
    const profile = await this.db.get(ProfileStore).find(personId);
    await this.outdate(personId, profile?.version ?? NEWEST);
  }

  private async load(ids: readonly string[]) {
    const cards = await this.db.get(CardStore).of(ids);
    return cards.map((card) => ({ key: card.id, version: card.version, value: card }));
  }
}
