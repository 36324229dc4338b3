import { id, PersonUnknown } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';
import { viewerOf } from './card.ts';

let database: ServiceDatabase;
let { profiles, cards } = {} as Awaited<ReturnType<typeof identityOn>>;
let someone: () => Promise<string>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  ({ profiles, cards } = await identityOn(database.db));
  someone = somebodyIn(database.db);
});
afterAll(() => database?.close());

const stranger = viewerOf(undefined);

describe('people in batches', () => {
  it('are each there once, in the order asked, and whoever is unknown is left out', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    const { items } = await cards.many(stranger, [ravi, id(404), asha, ravi, asha]);
    expect(items.map((card) => card.id)).toEqual([ravi, asha]);
  });

  it('are shown to each as each may see them', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    await profiles.change(asha, { bio: 'For members', avatar: id(9), visibility: { bio: 'members', avatar: 'nobody', email: 'members' } });
    const card = { id: asha, name: 'Asha', handle: null, avatar: null, bio: null, email: null };
    const seen = { ...card, bio: 'For members', email: `${asha}@example.org` };
    expect((await cards.many(stranger, [asha])).items).toEqual([card]);
    expect((await cards.many(viewerOf({ personId: ravi }), [asha])).items).toEqual([seen]);
    expect((await cards.many({ isSignedIn: true }, [asha])).items).toEqual([seen]);
    expect((await cards.many(viewerOf({ personId: asha }), [asha])).items).toEqual([{ ...seen, avatar: id(9) }]);
  });

  it('are two hundred in one answer', async () => {
    const people = await Promise.all(Array.from({ length: 200 }, someone));
    expect((await cards.many(stranger, people)).items.map((card) => card.id)).toEqual(people);
  });
});

describe('a person', () => {
  it('is found by id and by handle, and not by a handle of before', async () => {
    const asha = await someone();
    await profiles.change(asha, { handle: 'asha.before' });
    await profiles.change(asha, { handle: 'asha.now' });
    const card = { id: asha, name: 'Asha', handle: 'asha.now', avatar: null, bio: null, email: null };
    expect(await cards.one(stranger, asha)).toEqual(card);
    expect(await cards.byHandle(stranger, 'asha.now')).toEqual(card);
    expect(await cards.byHandle(stranger, 'asha.before')).toEqual(PersonUnknown());
    expect(await cards.one(stranger, id(404))).toEqual(PersonUnknown());
  });
});
