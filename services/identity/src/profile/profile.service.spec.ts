import { HandleTaken, id, InvalidToken, isRefusal, ProfileHasChanged, type Profile, type Refusal } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let { profiles } = {} as Awaited<ReturnType<typeof identityOn>>;
let someone: () => Promise<string>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  ({ profiles } = await identityOn(database.db));
  someone = somebodyIn(database.db);
});
afterAll(() => database?.close());

const answered = (outcome: Profile | Refusal): Profile => {
  if (isRefusal(outcome)) throw new Error(outcome.code);
  return outcome;
};
const said = async (personId: string) => (await database.events()).filter(({ aggregate }) => aggregate === personId).map(({ type, version, data }) => ({ type, version, data }));
const daysPass = (days: number) =>
  database.db.query(`UPDATE handle SET kept_until = kept_until - make_interval(days => $1)`, [days]);
const CLAIMANTS = 50;

describe('a profile', () => {
  it('is there for whoever never said anything', async () => {
    const asha = await someone();
    expect(await profiles.find(asha)).toMatchObject({ personId: asha, version: 0, handle: null, bio: null, visibility: { bio: 'everyone', avatar: 'everyone', email: 'nobody' } });
    expect(await profiles.find(id(404))).toEqual(InvalidToken('Its account is gone'));
    expect(await profiles.change(id(404), { bio: 'Nobody' })).toEqual(InvalidToken('Its account is gone'));
  });

  it('changes in part, and says which fields and nothing of what they hold', async () => {
    const asha = await someone();
    await profiles.change(asha, { name: 'Asha Rao', bio: 'I run', locale: 'ne', timeZone: 'Asia/Kathmandu', units: 'metric', theme: 'dark', avatar: id(9) });
    await profiles.change(asha, { bio: null, visibility: { email: 'members' } });
    expect(await profiles.find(asha)).toEqual({
      personId: asha, version: 2, name: 'Asha Rao', handle: null, bio: null, avatar: id(9), locale: 'ne', timeZone: 'Asia/Kathmandu', units: 'metric', theme: 'dark',
      visibility: { bio: 'everyone', avatar: 'everyone', email: 'members' },
    });
    expect(await said(asha)).toEqual([
      { type: 'profile.changed', version: 1, data: { userId: asha, fields: ['name', 'bio', 'avatar', 'locale', 'timeZone', 'units', 'theme'] } },
      { type: 'profile.changed', version: 2, data: { userId: asha, fields: ['bio', 'visibility.email'] } },
    ]);
  });

  it('that would be as it is says nothing', async () => {
    const asha = await someone();
    expect(await profiles.change(asha, {})).toMatchObject({ version: 0 });
    expect(await profiles.change(asha, { bio: null })).toMatchObject({ version: 0 });
    expect(await said(asha)).toEqual([]);
  });

  it('takes one of fifty changes that all rest on the same version', async () => {
    const asha = await someone();
    const outcomes = await Promise.all(Array.from({ length: CLAIMANTS }, (_, n) => profiles.change(asha, { expectedVersion: 0, bio: `Number ${n}` })));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: CLAIMANTS - 1 }, () => ProfileHasChanged(undefined, { version: 1 })));
    expect(await said(asha)).toHaveLength(1);
  });

  it('loses none of fifty changes that rest on no version', async () => {
    const asha = await someone();
    await Promise.all(Array.from({ length: CLAIMANTS }, (_, n) => profiles.change(asha, { bio: `Number ${n}` })));
    expect((await said(asha)).map(({ version }) => version)).toEqual(Array.from({ length: CLAIMANTS }, (_, n) => n + 1));
  });
});

describe('a handle', () => {
  it('has one owner of fifty who claim it at once', async () => {
    const people = await Promise.all(Array.from({ length: CLAIMANTS }, someone));
    const outcomes = await Promise.all(people.map((person) => profiles.change(person, { handle: 'the.one' })));
    expect(outcomes.filter((outcome) => !isRefusal(outcome))).toHaveLength(1);
    expect(outcomes.filter(isRefusal)).toEqual(Array.from({ length: CLAIMANTS - 1 }, () => HandleTaken()));
    const holders = await Promise.all(people.map((person) => profiles.find(person)));
    expect(holders.filter((profile) => answered(profile).handle === 'the.one')).toHaveLength(1);
  });

  it('of a person who claims fifty at once is one in the end', async () => {
    const asha = await someone();
    await Promise.all(Array.from({ length: CLAIMANTS }, (_, n) => profiles.change(asha, { handle: `asha.${n}` })));
    const held = await database.db.query('SELECT handle FROM handle WHERE person_id = $1 AND kept_until IS NULL', [asha]);
    expect(held).toEqual([{ handle: answered(await profiles.find(asha)).handle }]);
    // The first, and two that came after one was given up.
    expect(await said(asha)).toHaveLength(3);
  });

  it('that was given up is its owner’s for thirty days, and anybody’s afterwards', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    await profiles.change(asha, { handle: 'given.up' });
    await profiles.change(asha, { handle: 'another.one' });
    expect(await profiles.change(ravi, { handle: 'given.up' })).toEqual(HandleTaken());
    expect(answered(await profiles.change(asha, { handle: 'given.up' })).handle).toBe('given.up');
    await profiles.change(ravi, { handle: 'another.two' });
    await database.db.query(`UPDATE profile SET handles_given_up = '{}' WHERE person_id = $1`, [asha]);
    await profiles.change(asha, { handle: null });
    await daysPass(29);
    expect(await profiles.change(ravi, { handle: 'given.up' })).toEqual(HandleTaken());
    await daysPass(1);
    expect(answered(await profiles.change(ravi, { handle: 'given.up' })).handle).toBe('given.up');
  });

  it('is swapped by nobody: two who want each other’s at once are both refused, and neither waits for long', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    await profiles.change(asha, { handle: 'ashas' });
    await profiles.change(ravi, { handle: 'ravis' });
    expect(await Promise.all([profiles.change(asha, { handle: 'ravis' }), profiles.change(ravi, { handle: 'ashas' })])).toEqual([HandleTaken(), HandleTaken()]);
    expect([answered(await profiles.find(asha)).handle, answered(await profiles.find(ravi)).handle]).toEqual(['ashas', 'ravis']);
  });

  it('that is refused leaves the profile as it was, the rest of the change included', async () => {
    const [asha, ravi] = [await someone(), await someone()];
    await profiles.change(asha, { handle: 'wanted' });
    expect(await profiles.change(ravi, { handle: 'wanted', bio: 'I have it' })).toEqual(HandleTaken());
    expect(await profiles.find(ravi)).toMatchObject({ version: 0, bio: null, handle: null });
  });
});
