import { id, InvalidToken, isRefusal, SetupStep } from '@mela/contracts';
import type { ServiceDatabase } from '@mela/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOn, openIdentityDatabase, somebodyIn } from '../../test/identity.fixture.ts';

let database: ServiceDatabase;
let { profiles, setups } = {} as Awaited<ReturnType<typeof identityOn>>;
let someone: () => Promise<string>;
beforeAll(async () => {
  database = await openIdentityDatabase();
  ({ profiles, setups } = await identityOn(database.db));
  someone = somebodyIn(database.db);
});
afterAll(() => database?.close());

const said = async (personId: string) => (await database.events()).filter(({ aggregate }) => aggregate === personId).map(({ type, version }) => `${type} ${version}`);

describe('setting up a profile', () => {
  it('is done in parts and skipped in parts, and its end is said once', async () => {
    const asha = await someone();
    await profiles.change(asha, { handle: 'asha.sets.up' });
    for (const step of ['avatar', 'preferences'] as const) await setups.skip(asha, { step });
    expect(await setups.find(asha)).toMatchObject({ next: 'region', completedAt: null });
    expect(await profiles.change(asha, { locale: 'ne', timeZone: 'Asia/Kathmandu' })).toMatchObject({ version: 3 });
    expect(await setups.find(asha)).toMatchObject({ next: null, completedAt: expect.any(String) });
    expect(await profiles.change(asha, { locale: null, expectedVersion: 3 })).toMatchObject({ version: 4 });
    await setups.skip(asha, { step: 'region' });
    expect(await said(asha)).toEqual(['profile.changed 1', 'profile.changed 2', 'profile.completed 3', 'profile.changed 4']);
  });

  it('ends once, however often it is skipped at once', async () => {
    const asha = await someone();
    const steps = SetupStep.options;
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => setups.skip(asha, { step: steps[n % steps.length]! })));
    expect(outcomes.filter(isRefusal)).toEqual([]);
    expect(await said(asha)).toEqual(['profile.completed 1']);
  });

  it('is nothing for whoever is gone', async () => {
    expect(await setups.find(id(404))).toEqual(InvalidToken('Its account is gone'));
    expect(await setups.skip(id(404), { step: 'avatar' })).toEqual(InvalidToken('Its account is gone'));
  });
});
