import { id, identity, ProfileChanged, ProfileCompleted, topic } from '@mela/contracts';
import { askOperation, openWorld, sendOperation } from '@mela/testkit';
import { afterEach, describe, expect, it } from 'vitest';

const world = openWorld();
afterEach(() => world.rest());

let handles = 0;
/** The world outlives a test, and so do the handles in it. */
const freshHandle = (): string => `asha.${Date.now().toString(36)}.${++handles}`;

describe('a person', () => {
  it('says who they are in parts, and their other screens hear which parts', async () => {
    const asha = await world.someone('Asha');
    const screen = await asha.listens(topic.person(asha.id));
    const handle = freshHandle();
    const profile = await asha.asks(identity.changeProfile, { handle: handle.toUpperCase(), bio: 'I run on Sundays', timeZone: 'Asia/Kathmandu', visibility: { email: 'members' } });
    expect(profile).toMatchObject({ personId: asha.id, version: 1, name: 'Asha', handle, bio: 'I run on Sundays', timeZone: 'Asia/Kathmandu', locale: null });
    await expect(screen).toHear(ProfileChanged, { userId: asha.id, fields: ['handle', 'bio', 'timeZone', 'visibility.email'] });

    expect(await asha.asks(identity.changeProfile, { bio: null, expectedVersion: 1 })).toEqual({ ...profile, version: 2, bio: null });
    expect(await asha.asks(identity.profile, {})).toEqual({ ...profile, version: 2, bio: null });
    expect((await asha.asks(identity.me, {})).name).toBe('Asha');
  });

  it('with another name is who they are now, everywhere', async () => {
    const asha = await world.someone('Asha');
    await asha.asks(identity.changeProfile, { name: '  Asha Rao ' });
    expect((await asha.asks(identity.me, {})).name).toBe('Asha Rao');
  });

  it('who changes it twice under one key has changed it once', async () => {
    const asha = await world.someone('Asha');
    const once = { idempotencyKey: 'once' };
    const first = await asha.asks(identity.changeProfile, { bio: 'Once' }, once);
    expect(await asha.asks(identity.changeProfile, { bio: 'Once' }, once)).toEqual(first);
    expect((await asha.asks(identity.profile, {})).version).toBe(1);
  });

  it('is told what was wrong with it', async () => {
    const asha = await world.someone('Asha');
    const send = (patch: object) => sendOperation(world.addresses.api, identity.changeProfile, patch, { token: asha.token });
    for (const [field, patch] of [['role', { role: 'admin' }], ['name', { name: null }], ['handle', { handle: 'a..b' }], ['timeZone', { timeZone: 'Asia/Atlantis' }], ['avatar', { avatar: 'me.png' }]] as const) {
      const response = await send(patch);
      expect([response.status, await response.json()], field).toMatchObject([400, { code: 'request.invalid', faults: [{ field }] }]);
    }
    expect(await asha.isRefused(identity.changeProfile, { bio: 'Late', expectedVersion: 7 })).toMatchObject({ status: 409, code: 'identity.profile_changed', document: { version: 0 } });
    expect(await asha.isRefused(identity.changeProfile, { handle: 'ad.min' })).toMatchObject({ status: 409, code: 'identity.handle_reserved' });
  });

  it('changes handles twice in a month, and hears when they may again', async () => {
    const asha = await world.someone('Asha');
    for (const handle of [freshHandle(), freshHandle(), freshHandle()]) await asha.asks(identity.changeProfile, { handle });
    const refused = await asha.isRefused(identity.changeProfile, { handle: freshHandle() });
    expect(refused).toMatchObject({ status: 409, code: 'identity.handle_given_up_lately' });
    const days = (Date.parse(String(refused.document['possibleAt'])) - Date.now()) / (24 * 60 * 60_000);
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);
  });
});

describe('a handle', () => {
  it('is one person’s of fifty who ask for it at once', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => world.someone('Asha')));
    const handle = freshHandle();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => sendOperation(world.addresses.api, identity.changeProfile, { handle }, { token: people[n % people.length]!.token })),
    );
    const holders = await Promise.all(people.map((person) => person.asks(identity.profile, {})));
    const owner = holders.filter((profile) => profile.handle === handle);
    expect(owner).toHaveLength(1);
    expect(owner[0]!.version).toBe(1);
    // Its owner may ask again and again, and has it.
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(40);
  });
});

describe('people', () => {
  it('see of each other what each shows them', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const handle = freshHandle();
    await asha.asks(identity.changeProfile, { handle, bio: 'For members', visibility: { bio: 'members' } });
    const card = { id: asha.id, name: 'Asha', handle, avatar: null, bio: 'For members', email: null };

    expect(await ravi.asks(identity.person, { personId: asha.id })).toEqual(card);
    expect(await ravi.asks(identity.personByHandle, { handle: handle.toUpperCase() })).toEqual(card);
    expect(await askOperation(world.addresses.api, identity.person, { personId: asha.id })).toEqual({ ...card, bio: null });
    expect(await askOperation(world.addresses.api, identity.personByHandle, { handle })).toEqual({ ...card, bio: null });
    expect(await asha.asks(identity.person, { personId: asha.id })).toEqual({ ...card, email: asha.email });
  });

  it('are named in batches: in the order asked, each once, whoever is unknown left out', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    const { items } = await asha.asks(identity.people, { ids: [ravi.id, id(404), asha.id.toUpperCase(), ravi.id] });
    expect(items).toEqual([
      { id: ravi.id, name: 'Ravi', handle: null, avatar: null, bio: null, email: null },
      { id: asha.id, name: 'Asha', handle: null, avatar: null, bio: null, email: asha.email },
    ]);
  });

  it('are named by two hundred at once and no more, and only to whoever is signed in', async () => {
    const asha = await world.someone('Asha');
    const many = (count: number) => Array.from({ length: count }, () => asha.id);
    expect((await asha.asks(identity.people, { ids: many(200) })).items).toHaveLength(1);
    expect(await asha.isRefused(identity.people, { ids: many(201) })).toMatchObject({ status: 400, code: 'request.invalid' });
    expect(await asha.isRefused(identity.people, { ids: ['nobody'] })).toMatchObject({ status: 400, code: 'request.invalid' });
    expect((await sendOperation(world.addresses.api, identity.people, { ids: [asha.id] })).status).toBe(401);
  });

  it('that nobody is, are not found', async () => {
    const asha = await world.someone('Asha');
    for (const asking of [asha.isRefused(identity.person, { personId: id(404) }), asha.isRefused(identity.personByHandle, { handle: 'nobody.at.all' })])
      expect(await asking).toMatchObject({ status: 404, code: 'identity.person_unknown' });
  });

  it('who have changed are seen as they are now', async () => {
    const [asha, ravi] = await Promise.all([world.someone('Asha'), world.someone('Ravi')]);
    for (let n = 0; n < 20; n++) {
      await asha.asks(identity.changeProfile, { bio: `Number ${n}` });
      expect((await ravi.asks(identity.person, { personId: asha.id })).bio).toBe(`Number ${n}`);
    }
  });
});

it('setting up a profile is led step by step, and its end is heard', async () => {
  const asha = await world.someone('Asha');
  const screen = await asha.listens(topic.person(asha.id));
  expect(await asha.asks(identity.setup, {})).toMatchObject({ next: 'handle', completedAt: null });
  await asha.asks(identity.changeProfile, { handle: freshHandle(), locale: 'hi', timeZone: 'Asia/Kolkata' });
  expect(await asha.asks(identity.skipSetupStep, { step: 'avatar' })).toMatchObject({ next: 'preferences', completedAt: null });
  expect(await asha.asks(identity.skipSetupStep, { step: 'preferences' })).toMatchObject({ next: null, completedAt: expect.any(String) });
  await expect(screen).toHear(ProfileCompleted, { userId: asha.id });
  expect((await sendOperation(world.addresses.api, identity.skipSetupStep, { step: 'everything' as 'name' }, { token: asha.token })).status).toBe(400);
});
