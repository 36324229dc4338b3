import { id, type Visibility } from '@mela/contracts';
import { describe, expect, it } from 'vitest';
import { seesEmail, show, viewerOf, type CardState } from './card.ts';

const [asha, ravi] = [viewerOf({ personId: id(1) }), viewerOf({ personId: id(2) })];
const stranger = viewerOf(undefined);
const service = { isSignedIn: true };

const cardShownTo = (visibility: Visibility): CardState => ({
  id: id(1), version: 1, name: 'Asha', handle: 'asha', avatar: id(9), bio: 'I run', visibility: { bio: visibility, avatar: visibility, email: visibility },
});
const all = { id: id(1), name: 'Asha', handle: 'asha', avatar: id(9), bio: 'I run', email: 'asha@example.org' };
const known = { ...all, avatar: null, bio: null, email: null };
const seenBy = (visibility: Visibility) => (viewer: typeof stranger) => show(cardShownTo(visibility), viewer, 'asha@example.org');

describe('a card', () => {
  it('shows everyone what is for everyone', () => {
    expect([stranger, ravi, service, asha].map(seenBy('everyone'))).toEqual([all, all, all, all]);
  });

  it('shows what is for members to whoever is signed in, and to services', () => {
    expect([stranger, ravi, service, asha].map(seenBy('members'))).toEqual([known, all, all, all]);
  });

  it('shows what is for nobody to its owner alone; name and handle are how people are known', () => {
    expect([stranger, ravi, service, asha].map(seenBy('nobody'))).toEqual([known, known, known, all]);
  });

  it('judges each field by itself, and says for whom the address is worth looking up', () => {
    const card: CardState = { ...cardShownTo('everyone'), visibility: { bio: 'nobody', avatar: 'members', email: 'members' } };
    expect(show(card, ravi, undefined)).toEqual({ ...all, bio: null, email: null });
    expect([stranger, ravi, asha].map((viewer) => seesEmail(viewer, card))).toEqual([false, true, true]);
  });
});
